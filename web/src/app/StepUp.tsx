/** The one dialog in which the reader confirms that it is oneself, above whatever asked for it. */
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from "react";
import { onStepUp } from "@/api/stepUp";

const load = () => import("@/modules/identity/StepUpDialog");
const Dialog = lazy(() => load().then((module) => ({ default: module.StepUpDialog })));

export function StepUp() {
  /** Counts the questions, so that each begins with an empty dialog. */
  const [question, setQuestion] = useState(0);
  const [opened, setOpened] = useState(false);
  const answer = useRef<((is: boolean) => void) | null>(null);
  /** What had the focus before the question: a button that waits is disabled, loses it, and could not be found later. */
  const focused = useRef<HTMLElement | null>(null);
  const settle = useCallback((is: boolean) => {
    answer.current?.(is);
    answer.current = null;
    setOpened(false);
  }, []);

  useEffect(() => {
    const stop = onStepUp(async () => {
      await load();
      return new Promise<boolean>((resolve) => {
        answer.current = resolve;
        setQuestion((before) => before + 1);
        setOpened(true);
      });
    });
    // A dialog beneath hears Escape at the window too. This listener is there before that one, so it is first.
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.isComposing || !answer.current) return;
      event.stopImmediatePropagation();
      settle(false);
    };
    const onFocus = ({ target }: FocusEvent) => {
      if (!answer.current && target instanceof HTMLElement) focused.current = target;
    };
    window.addEventListener("keydown", onKey, { capture: true });
    document.addEventListener("focusin", onFocus);
    return () => {
      stop();
      window.removeEventListener("keydown", onKey, { capture: true });
      document.removeEventListener("focusin", onFocus);
    };
  }, [settle]);

  if (question === 0) return null;
  return (
    <Suspense fallback={null}>
      <Dialog
        key={question}
        opened={opened}
        onAnswer={settle}
        // To what took it since the answer, else to what had it before the question.
        onGone={() => focused.current?.focus()}
      />
    </Suspense>
  );
}
