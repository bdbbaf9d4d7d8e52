/** All that stands in the way of a form, in one place, each with the way to its field. */
import type { Ref } from "preact";
import type { Problem } from "../api.ts";
import { plural } from "../i18n.ts";
import type { FieldError } from "../types.ts";
import { Icon } from "./icon.tsx";
import { RequestId, Unplaced } from "./page.tsx";

export interface SummedError {
  pointer: string;
  label: string;
  message: string;
}

interface ErrorSummaryProps {
  box: Ref<HTMLDivElement>;
  problem: Problem | undefined;
  errors: readonly SummedError[];
  /** Complaints about something no field stands for. */
  rest: readonly FieldError[];
  onGo: (pointer: string) => void;
}

export function ErrorSummary({ box, problem, errors, rest, onGo }: ErrorSummaryProps) {
  const many = errors.length + rest.length;
  return (
    <div ref={box} tabIndex={-1} class="error-summary" role="alert">
      {problem && (
        <div class="notice bad">
          <Icon name="down" />
          <div>
            <p>{many > 0 ? <b>{plural(many, "{count} thing needs a look", "{count} things need a look")}</b> : problem.message}</p>
            {many > 0 && (
              <ul>
                {errors.map(({ pointer, label, message }) => (
                  <li key={pointer + message}>
                    <button type="button" class="link" onClick={() => onGo(pointer)}>
                      {label}
                    </button>
                    : {message}
                  </li>
                ))}
                <Unplaced errors={rest} />
              </ul>
            )}
            <RequestId problem={problem} />
          </div>
        </div>
      )}
    </div>
  );
}
