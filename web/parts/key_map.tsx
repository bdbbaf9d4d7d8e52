/** All keys that do something by themselves: those of every page, and those of the page that is shown. */
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n.ts";
import { everywhere, keyMap, keysOfPage, namedKeys, shortcuts } from "../shortcuts.ts";
import { useCell } from "../store.ts";
import { Icon } from "./icon.tsx";

export function KeyMapButton() {
  return (
    <button type="button" class="plain key-map-button" aria-label={t("Keyboard")} title={t("Keyboard")} onClick={() => keyMap.set(true)}>
      <Icon name="keyboard" />
    </button>
  );
}

export function KeyMap() {
  const isOpen = useCell(keyMap);
  const isOn = useCell(shortcuts);
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const own = keysOfPage();
  const common = namedKeys(everywhere);
  return (
    <dialog ref={dialog} class="key-map" aria-label={t("Keyboard")} onClose={() => keyMap.set(false)}>
      {isOpen && (
        <>
          <div class="card-head">
            <h2>{t("Keyboard")}</h2>
            <button type="button" class="plain" aria-label={t("Close")} onClick={() => keyMap.set(false)}>
              <Icon name="close" />
            </button>
          </div>
          {!isOn && <p class="notice">{t("Single keys are turned off: see the settings.")}</p>}
          <div class="key-groups">
            {own.length > 0 && <Keys title={t("On this page")} keys={own} />}
            <Keys title={t("Everywhere")} keys={common.filter(([name]) => !name.includes(" "))} />
            <Keys title={t("Go to")} keys={common.filter(([name]) => name.includes(" "))} />
            <Keys title={t("Without a letter")} keys={[["Tab", t("Next control; with Shift the one before")], ["Enter", t("Does what has the focus")], ["Esc", t("Closes a dialog, leaves a field")]]} />
          </div>
        </>
      )}
    </dialog>
  );
}

function Keys({ title, keys }: { title: string; keys: readonly (readonly [key: string, what: string])[] }) {
  return (
    <section aria-label={title}>
      <h3>{title}</h3>
      <dl>
        {keys.map(([name, what]) => (
          <div key={name}>
            <dt>
              {shown(name).map((one) => (
                <kbd key={one}>{one}</kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** "R" is a key with Shift, "g i" is two. */
function shown(name: string): string[] {
  return name.split(" ").flatMap((one) => (/^\p{Lu}$/u.test(one) ? ["Shift", one] : [one]));
}
