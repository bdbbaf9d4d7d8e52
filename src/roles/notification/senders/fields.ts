/**
 * What can be set on a channel, as data: the schema of its document, the masks of its secrets, the form in the dashboard and
 * the list of providers in the API are all derived from it.
 */
export type FieldKind = "text" | "secret" | "url" | "number" | "choice" | "list" | "boolean" | "headers" | "template" | "certificates";

/** `Present`: whether a checked document always has a value. */
export interface Field<Value = unknown, Present extends boolean = boolean> {
  label: string;
  kind: FieldKind;
  /** What would be right; every refusal says it. */
  right: string;
  required: boolean;
  /** Sealed, read as "***", never repeated in an error or an answer. */
  secret: boolean;
  /** Where messages go, or who can read them on the way: a kept secret does not follow when this changes. */
  destination: boolean;
  /** A secret that stays here and only signs; it may follow to another destination. */
  signs?: boolean;
  /** The field with the port of this host. */
  portIn?: string;
  example?: string;
  help?: string;
  /** Folded away in forms. */
  more?: boolean;
  /** Of a text in characters, of a list in items. */
  max?: number;
  pattern?: RegExp;
  isRight?(text: string): boolean;
  range?: readonly [least: number, most: number];
  choices?: readonly string[];
  /** Of a list. */
  item?: Field;
  initial?: Value;
  /** Only for the type. */
  readonly present?: Present;
}

export type Fields = Record<string, Field>;

type ValueOf<F> = F extends Field<infer Value> ? Value : never;
type PresentNames<F extends Fields> = { [Name in keyof F]: F[Name] extends Field<unknown, true> ? Name : never }[keyof F];

/** The settings of a channel whose document was checked. */
export type Settings<F extends Fields> = { [Name in PresentNames<F>]: ValueOf<F[Name]> } & {
  [Name in Exclude<keyof F, PresentNames<F>>]?: ValueOf<F[Name]>;
};

/** Header values are secret by the header's name. */
export const secretHeader = /auth|token|secret|key|cookie|pass|credential|signature|session/i;

type Extra = Partial<Pick<Field, "example" | "help" | "more" | "max" | "pattern" | "isRight" | "destination" | "signs" | "portIn">>;

const field = (kind: FieldKind, label: string, right: string, extra: Extra) => ({ label, kind, right, required: true, secret: false, destination: false, ...extra });

export const text = (label: string, right: string, extra: Extra = {}): Field<string, true> => field("text", label, right, extra);

export const secret = (label: string, right: string, extra: Extra = {}): Field<string, true> => ({ ...field("secret", label, right, extra), secret: true });

/** Where a service of one's own listens. */
export const url = (label: string, right: string, extra: Extra = {}): Field<string, true> => ({ ...field("url", label, right, extra), destination: true });

/** A URL that lets whoever knows it post. */
export const secretUrl = (label: string, right: string, extra: Extra = {}): Field<string, true> => ({ ...url(label, right, extra), secret: true });

export const number = (label: string, right: string, range: readonly [number, number], extra: Extra = {}): Field<number, true> => ({
  ...field("number", label, right, extra),
  range,
});

export const choice = <const T extends string>(label: string, choices: readonly T[], extra: Extra = {}): Field<T, true> => ({
  ...field("choice", label, `one of ${choices.join(", ")}`, extra),
  choices,
});

export const flag = (label: string, right: string, extra: Extra = {}): Field<boolean, true> => ({ ...field("boolean", label, right, extra), required: false, initial: false });

export const list = (label: string, right: string, item: Field<string, true>, extra: Extra = {}): Field<string[], true> => ({
  ...field("list", label, right, extra),
  max: 50,
  item,
});

export const headers: Field<Record<string, string>, false> = {
  ...field("headers", "Headers", "an object of header names and values", { more: true }),
  required: false,
};

export const template: Field<string, false> = {
  ...field("template", "Template", "the text of a template", { more: true, help: "Handlebars; empty sends the standard text" }),
  required: false,
};

/** Authorities to trust in place of the usual ones. Who can read what is sent depends on them, so a kept secret does not follow. */
export const certificates: Field<string, false> = {
  ...field("certificates", "Trusted certificates", "PEM text with a certificate", { more: true, destination: true, help: "PEM, of your own authority; empty trusts the usual ones" }),
  required: false,
};

export const optional = <Value>(of: Field<Value, true>): Field<Value, false> => ({ ...of, required: false }) as Field<Value, false>;

export const withInitial = <Value>(of: Field<Value, true>, initial: NoInfer<Value>): Field<Value, true> => ({ ...of, required: false, initial });

/** The service's own address, for a proxy or a server that speaks the same protocol. */
export const apiUrl = (standard: string, right = "an http or https URL"): Field<string, false> =>
  optional(url("API address", right, { more: true, example: standard, help: `Empty: ${standard}` }));

const phoneNumber = text("Phone number", "a phone number in E.164, such as +15551234567", { pattern: /^\+[1-9]\d{5,14}$/, example: "+15551234567" });

export const phoneNumbers = list("To", "a list of 1 to 50 phone numbers", phoneNumber, { example: "+15551234567" });
