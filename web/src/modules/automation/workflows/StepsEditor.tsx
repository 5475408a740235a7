/** The steps as a list: opened in place, moved by drag, by menu or by the arrow keys. */
import { ActionIcon, Button, Group, Menu, Text, VisuallyHidden } from "@mantine/core";
import { IconChevronDown, IconChevronUp, IconDots, IconGripVertical, IconPlus } from "@tabler/icons-react";
import { useState } from "react";
import type { WorkflowOptions, WorkflowStep } from "@/api/types";
import { useT } from "@/i18n";
import { StepForm } from "./StepForm";
import { type Field, stepFields } from "./words";
import classes from "./workflows.module.css";

/** A step with an identity of its own while it is edited. */
export interface DraftStep {
  key: string;
  step: WorkflowStep;
}

let made = 0;
export const draftOf = (step: WorkflowStep): DraftStep => {
  made += 1;
  return { key: `step-${made}`, step };
};

export function StepsEditor({
  steps,
  workflowId,
  options,
  fields,
  onChange,
  writable,
}: {
  steps: DraftStep[];
  workflowId: string;
  options: WorkflowOptions;
  fields: Field[];
  onChange: (steps: DraftStep[]) => void;
  writable: boolean;
}) {
  const t = useT();
  const [opened, setOpened] = useState<string | null>(steps.length === 1 ? (steps[0]?.key ?? null) : null);
  const [dragged, setDragged] = useState<string | null>(null);
  const [over, setOver] = useState<string | null>(null);
  const [said, setSaid] = useState("");
  const move = (key: string, to: number) => {
    const moved = steps.find((one) => one.key === key);
    if (!moved || to < 0 || to >= steps.length) return;
    const rest = steps.filter((one) => one.key !== key);
    onChange([...rest.slice(0, to), moved, ...rest.slice(to)]);
    setSaid(t.workflows.movedTo(moved.step.name, to + 1, steps.length));
  };
  const add = () => {
    const next = draftOf({
      name: t.workflows.kinds.send_email,
      kind: "send_email",
      recipient: "invitee",
      conditions: { match: "all", groups: [] },
      config: {},
      on_failure: "stop",
    });
    onChange([...steps, next]);
    setOpened(next.key);
  };
  return (
    <>
      {steps.length === 0 ? <Text c="dimmed">{t.workflows.noSteps}</Text> : null}
      <ol className={classes.list}>
        {steps.map(({ key, step }, index) => (
          <li
            key={key}
            className={classes.card}
            data-dragged={dragged === key || undefined}
            data-over={(over === key && dragged !== key) || undefined}
            onDragOver={(event) => {
              if (!dragged) return;
              event.preventDefault();
              setOver(key);
            }}
            onDrop={(event) => {
              event.preventDefault();
              if (dragged) move(dragged, index);
              setDragged(null);
              setOver(null);
            }}
          >
            <Group wrap="nowrap" gap="xs" align="flex-start">
              {writable && steps.length > 1 ? (
                <ActionIcon
                  draggable
                  aria-label={t.workflows.moveHint(step.name)}
                  onDragStart={(event) => {
                    event.dataTransfer.effectAllowed = "move";
                    event.dataTransfer.setData("text/plain", key);
                    setDragged(key);
                  }}
                  onDragEnd={() => {
                    setDragged(null);
                    setOver(null);
                  }}
                  onKeyDown={(event) => {
                    if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
                    event.preventDefault();
                    move(key, index + (event.key === "ArrowUp" ? -1 : 1));
                  }}
                >
                  <IconGripVertical size={18} />
                </ActionIcon>
              ) : null}
              <div className={classes.what}>
                <Text fw={500}>
                  {index + 1}. {step.name}
                </Text>
                <Text size="sm" c="dimmed">
                  {t.workflows.kinds[step.kind]}
                  {step.recipient ? ` · ${t.workflows.recipients[step.recipient]}` : ""}
                </Text>
              </div>
              <ActionIcon
                aria-label={t.workflows.openStep(step.name)}
                aria-expanded={opened === key}
                onClick={() => setOpened(opened === key ? null : key)}
              >
                {opened === key ? <IconChevronUp size={18} /> : <IconChevronDown size={18} />}
              </ActionIcon>
              {writable ? (
                <Menu position="bottom-end">
                  <Menu.Target>
                    <ActionIcon aria-label={t.common.actionsFor(step.name)}>
                      <IconDots size={18} />
                    </ActionIcon>
                  </Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item disabled={index === 0} onClick={() => move(key, index - 1)}>
                      {t.workflows.up}
                    </Menu.Item>
                    <Menu.Item disabled={index === steps.length - 1} onClick={() => move(key, index + 1)}>
                      {t.workflows.down}
                    </Menu.Item>
                    <Menu.Item onClick={() => onChange(steps.filter((one) => one.key !== key))}>
                      {t.workflows.removeStep}
                    </Menu.Item>
                  </Menu.Dropdown>
                </Menu>
              ) : null}
            </Group>
            {opened === key ? (
              <fieldset
                style={{ border: 0, margin: 0, padding: "12px 0 0", minWidth: 0 }}
                disabled={!writable}
                aria-label={step.name}
              >
                <StepForm
                  step={step}
                  workflowId={workflowId}
                  options={options}
                  fields={fields}
                  earlier={stepFields(index)}
                  onChange={(next) =>
                    onChange(steps.map((one) => (one.key === key ? { key, step: next } : one)))
                  }
                />
              </fieldset>
            ) : null}
          </li>
        ))}
      </ol>
      {writable ? (
        <Button mt="sm" variant="default" leftSection={<IconPlus size={16} aria-hidden />} onClick={add}>
          {t.workflows.addStep}
        </Button>
      ) : null}
      <VisuallyHidden role="status">{said}</VisuallyHidden>
    </>
  );
}
