import { ColorInput } from "@mantine/core";
import { useEffect, useState } from "react";
import { BRAND_COLORS } from "@/app/theme";
import { useT } from "@/i18n";

const HEX = /^#[0-9a-f]{6}$/i;

/** A colour, saved when a whole one is chosen. */
export function ColorField({
  label,
  description,
  value,
  onSave,
  readOnly,
}: {
  label: string;
  description?: string;
  value: string | null;
  onSave: (color: string) => void;
  readOnly?: boolean;
}) {
  const t = useT();
  const [color, setColor] = useState(value ?? BRAND_COLORS[0]);
  useEffect(() => setColor(value ?? BRAND_COLORS[0]), [value]);
  const save = (next: string) => {
    if (HEX.test(next) && next.toLowerCase() !== value?.toLowerCase()) onSave(next.toLowerCase());
  };
  return (
    <ColorInput
      label={label}
      description={description}
      format="hex"
      readOnly={readOnly}
      value={color}
      swatches={[...BRAND_COLORS]}
      swatchesPerRow={8}
      error={HEX.test(color) ? null : t.forms.color}
      onChange={setColor}
      onChangeEnd={save}
      onBlur={() => save(color)}
      eyeDropperButtonProps={{ "aria-label": t.forms.pickColor }}
    />
  );
}
