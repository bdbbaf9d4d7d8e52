/**
 * The first minute: an address is tried and watched → somebody is told when it is down, or that comes later → the check's own page.
 * Every step can be left for the dashboard; what was done until then stays.
 */
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n.ts";
import { Page } from "../parts/page.tsx";
import { go } from "../router.ts";
import type { Check } from "../types.ts";
import { FirstAddress } from "../welcome/first_address.tsx";
import { FirstChannel } from "../welcome/first_channel.tsx";
import { FirstGreen } from "../welcome/first_green.tsx";

const steps = [t("What to watch"), t("Whom to tell"), t("Watching")] as const;

export function WelcomePage() {
  const [step, setStep] = useState(0);
  const [check, setCheck] = useState<Check>();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // One begins by typing; the later steps say what they are about.
    if (step === 0) document.querySelector<HTMLInputElement>(".welcome input")?.focus();
    else heading.current?.focus();
  }, [step]);
  const watched = (made: Check) => {
    setCheck(made);
    setStep(1);
  };
  return (
    <Page
      title={t("Your first check")}
      actions={
        <button type="button" class="plain" onClick={() => go(check ? `/checks/${check.id}` : "/")}>
          {t("Skip this")}
        </button>
      }
    >
      <ol class="stepper">
        {steps.map((name, index) => (
          <li key={name} class={index < step ? "done" : undefined} aria-current={index === step ? "step" : undefined}>
            <span aria-hidden="true">{index < step ? "✓" : index + 1}</span> {name}
          </li>
        ))}
      </ol>
      <section class="card welcome">
        <h2 ref={heading} tabIndex={-1}>
          {[t("What should be watched?"), t("Who should know when it is down?"), t("{name} is being watched", { name: check?.name ?? "" })][step]}
        </h2>
        {step === 0 && <FirstAddress onDone={watched} />}
        {step === 1 && <FirstChannel onDone={() => setStep(2)} />}
        {step === 2 && check && <FirstGreen check={check} />}
      </section>
    </Page>
  );
}
