/** What an app may do, to be ticked one by one. That it knows who one is comes with the sign-in, and stays. */
import { Checkbox, Stack } from "@mantine/core";
import { useT } from "@/i18n";
import classes from "./oauth.module.css";
import { choicesOf } from "./scopes";

export function ScopeChoice({
  label,
  scopes,
  chosen,
  onChange,
}: {
  label: string;
  scopes: readonly string[];
  chosen: string[];
  onChange: (chosen: string[]) => void;
}) {
  const t = useT();
  return (
    <Checkbox.Group label={label} value={chosen} onChange={onChange} classNames={{ label: classes.choose }}>
      <Stack gap={4} mt={4}>
        {choicesOf(scopes, t).map(({ scope, label }) => (
          <Checkbox key={scope} value={scope} label={label} disabled={scope === "openid"} />
        ))}
      </Stack>
    </Checkbox.Group>
  );
}
