/** One's passkeys: made by the device, named, renamed and removed. */
import {
  ActionIcon,
  Badge,
  Button,
  Group,
  Menu,
  Modal,
  Stack,
  Text,
  TextInput,
  Tooltip,
} from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconDots } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { keys } from "@/api/cache";
import { api, take } from "@/api/client";
import { fieldErrors, type Problem, problemText } from "@/api/problem";
import type { Passkey } from "@/api/types";
import { useSession } from "@/app/session";
import { useT } from "@/i18n";
import { When } from "@/shared/bits";
import { useChange } from "@/shared/change";
import { isAborted, makePasskey, tellPasskeys } from "@/shared/passkeys";
import { notice } from "@/shared/toast";
import { deviceName } from "./deviceName";
import classes from "./factors.module.css";
import { LastOne } from "./LastOne";
import { secondFactorsQuery } from "./queries";

/** A change of factors ends the other sessions. */
const STALE = [keys.secondFactors, keys.sessions];
const NAME_MAX = 100;

/** Tells the browser which passkeys count, once the server has changed them. */
function useTellBrowser() {
  const client = useQueryClient();
  const { user } = useSession();
  return () =>
    void client
      .fetchQuery({ ...secondFactorsQuery, staleTime: 0 })
      .then(({ passkeys }) => tellPasskeys(user.id, passkeys))
      // It hears of it with the next change.
      .catch(() => {});
}

/** A name by which the passkey of this device is known again, other than those taken. */
export function suggestedName(device: string, taken: readonly string[]): string {
  if (!taken.includes(device)) return device;
  let next = 2;
  while (taken.includes(`${device} ${next}`)) next += 1;
  return `${device} ${next}`;
}

/** A dialog with one name and one button. */
function NameForm({
  label,
  description,
  value,
  onChange,
  error,
  text,
  button,
  busy,
  onSubmit,
  color,
  disabled,
  children,
}: {
  label: string;
  description?: string;
  value: string;
  onChange: (value: string) => void;
  error?: string | null;
  text?: string;
  button: string;
  busy: boolean;
  onSubmit: () => void;
  color?: string;
  disabled?: boolean;
  children?: ReactNode;
}) {
  return (
    <form
      noValidate
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (!busy && !disabled) onSubmit();
      }}
    >
      <Stack>
        {text ? <Text>{text}</Text> : null}
        {children}
        <TextInput
          label={label}
          description={description}
          value={value}
          onChange={(event) => onChange(event.currentTarget.value)}
          maxLength={NAME_MAX}
          autoComplete="off"
          data-autofocus
          error={error}
          errorProps={{ role: "alert" }}
          aria-invalid={Boolean(error)}
          classNames={{ label: classes.name }}
        />
        <Group justify="flex-end">
          <Button type="submit" loading={busy} disabled={disabled} {...(color ? { color } : {})}>
            {button}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

export function AddPasskey({
  opened,
  onClose,
  ...props
}: {
  opened: boolean;
  taken: readonly string[];
  onClose: () => void;
  onCodes: (codes: string[]) => void;
}) {
  const t = useT();
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      title={t.factors.addPasskey}
      closeButtonProps={{ "aria-label": t.common.close }}
    >
      <NewPasskey onClose={onClose} {...props} />
    </Modal>
  );
}

function NewPasskey({
  taken,
  onClose,
  onCodes,
}: {
  taken: readonly string[];
  onClose: () => void;
  onCodes: (codes: string[]) => void;
}) {
  const t = useT();
  const tell = useTellBrowser();
  const [name, setName] = useState(() =>
    suggestedName(deviceName(navigator.userAgent) || t.security.unknownDevice, taken),
  );
  const [error, setError] = useState<string | null>(null);
  const add = useChange<string, { name: string; recovery_codes?: string[] | null }>({
    run: async (name) => {
      const options = await take(api.POST("/api/v1/me/passkeys/options"));
      const credential = await makePasskey(options);
      return take(api.POST("/api/v1/me/passkeys", { body: { token: options.token, name, credential } }));
    },
    stale: STALE,
    done: ({ name, recovery_codes }) => {
      onClose();
      tell();
      notice(t.factors.passkeyAdded(name));
      if (recovery_codes) onCodes(recovery_codes);
    },
    refused: (problem) => {
      if (problem.code === "step_up_required") return false;
      if (!isAborted(problem)) setError(fieldErrors(problem, t).name ?? problemText(problem, t));
      return true;
    },
  });
  return (
    <NameForm
      text={t.factors.addPasskeyText}
      label={t.factors.name}
      description={t.factors.nameText}
      value={name}
      onChange={setName}
      error={error}
      button={t.factors.create}
      busy={add.isPending}
      onSubmit={() => {
        if (name.trim() === "") return setError(t.forms.required);
        setError(null);
        add.mutate(name.trim());
      }}
    />
  );
}

export function PasskeyRow({ passkey, isLast }: { passkey: Passkey; isLast: boolean }) {
  const t = useT();
  const [renaming, rename] = useDisclosure(false);
  const [removing, remove] = useDisclosure(false);
  return (
    <li className={classes.passkey}>
      <div className={classes.what}>
        <Group gap="xs">
          <Text fw={500} className={classes.name}>
            {passkey.name}
          </Text>
          <Tooltip
            label={passkey.backed_up ? t.factors.backedUpText : t.factors.oneDeviceText}
            multiline
            maw={280}
          >
            <Badge variant="default" className={classes.badge}>
              {passkey.backed_up ? t.factors.backedUp : t.factors.oneDevice}
            </Badge>
          </Tooltip>
        </Group>
        <Text size="sm" c="dimmed" component="div">
          {t.factors.made} <When at={passkey.created_at} dateOnly />
          {" · "}
          {passkey.last_used_at ? (
            <>
              {t.factors.lastUsed} <When at={passkey.last_used_at} />
            </>
          ) : (
            t.factors.unused
          )}
        </Text>
      </div>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon aria-label={t.common.actionsFor(passkey.name)} flex="none">
            <IconDots size={20} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item onClick={rename.open}>{t.factors.rename}</Menu.Item>
          <Menu.Item color="red" onClick={remove.open}>
            {t.factors.remove}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={renaming}
        onClose={rename.close}
        title={t.factors.renamePasskey}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <RenamePasskey passkey={passkey} onClose={rename.close} />
      </Modal>
      <Modal
        opened={removing}
        onClose={remove.close}
        title={t.factors.removePasskey}
        closeButtonProps={{ "aria-label": t.common.close }}
      >
        <RemovePasskey passkey={passkey} isLast={isLast} onClose={remove.close} />
      </Modal>
    </li>
  );
}

function RenamePasskey({ passkey, onClose }: { passkey: Passkey; onClose: () => void }) {
  const t = useT();
  const [name, setName] = useState(passkey.name);
  const [error, setError] = useState<string | null>(null);
  const change = useChange<string, Passkey>({
    run: (name) =>
      take(api.PATCH("/api/v1/me/passkeys/{id}", { params: { path: { id: passkey.id } }, body: { name } })),
    stale: [keys.secondFactors],
    done: ({ name }) => {
      onClose();
      notice(t.factors.renamed(name));
    },
    refused: (problem: Problem) => {
      if (problem.code === "step_up_required") return false;
      setError(fieldErrors(problem, t).name ?? problemText(problem, t));
      return true;
    },
  });
  return (
    <NameForm
      label={t.factors.name}
      description={t.factors.nameText}
      value={name}
      onChange={setName}
      error={error}
      button={t.factors.rename}
      busy={change.isPending}
      onSubmit={() => {
        if (name.trim() === "") return setError(t.forms.required);
        setError(null);
        change.mutate(name.trim());
      }}
    />
  );
}

function RemovePasskey({
  passkey,
  isLast,
  onClose,
}: {
  passkey: Passkey;
  isLast: boolean;
  onClose: () => void;
}) {
  const t = useT();
  const tell = useTellBrowser();
  const [typed, setTyped] = useState("");
  const change = useChange<void>({
    run: () => take(api.DELETE("/api/v1/me/passkeys/{id}", { params: { path: { id: passkey.id } } })),
    stale: STALE,
    done: () => {
      onClose();
      tell();
      notice(t.factors.passkeyRemoved(passkey.name));
    },
    refused: ({ status }) => {
      // Removed in another window meanwhile.
      if (status === 404) onClose();
      return false;
    },
  });
  return (
    <NameForm
      text={t.factors.removePasskeyText}
      label={t.contacts.deleteConfirm(passkey.name)}
      value={typed}
      onChange={setTyped}
      button={t.factors.remove}
      color="red"
      busy={change.isPending}
      disabled={typed.trim() !== passkey.name}
      onSubmit={() => change.mutate()}
    >
      {isLast ? <LastOne /> : null}
    </NameForm>
  );
}
