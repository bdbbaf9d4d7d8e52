/** What the public pages say, in their two languages. */
import type { ComponentState, OverallState } from "./board.ts";

export interface Words {
  overall: Record<OverallState, string>;
  states: Record<ComponentState, string>;
  noteStates: Record<string, string>;
  impacts: Record<string, string>;
  active: string;
  planned: string;
  past: string;
  quietDay: string;
  affects: string;
  uptime: string;
  uptimeShort: string;
  noData: string;
  daysAgo: string;
  today: string;
  latency: string;
  median: string;
  asOf: string;
  stale: string;
  from: string;
  until: string;
  feeds: string;
  subscribe: string;
  subscribeHint: string;
  email: string;
  webhook: string;
  webhookUrl: string;
  subscribed: string;
  subscribedHint: string;
  password: string;
  protectedPage: string;
  wrongPassword: string;
  open: string;
  notFound: string;
  notFoundHint: string;
  later: string;
  laterHint: string;
  tooMany: string;
  confirm: string;
  confirmed: string;
  unsubscribe: string;
  unsubscribed: string;
  other: string;
  noticed: string;
  over: string;
  fullPage: string;
  empty: string;
  badAddress: string;
  skip: string;
}

const en: Words = {
  overall: { up: "All systems are operational", degraded: "Some systems are impaired", partial: "Some systems are down", down: "Major outage", maintenance: "Maintenance is in progress", unknown: "The state is not known yet" },
  states: { up: "Operational", degraded: "Impaired", down: "Down", maintenance: "Maintenance", unknown: "Not known" },
  noteStates: { investigating: "Investigating", identified: "Identified", monitoring: "Monitoring", resolved: "Resolved", scheduled: "Scheduled", in_progress: "In progress", completed: "Completed" },
  impacts: { none: "No impact", minor: "Minor", major: "Major", maintenance: "Maintenance" },
  active: "Right now",
  planned: "Planned maintenance",
  past: "Past incidents",
  quietDay: "No incidents",
  affects: "Affects",
  uptime: "{percent} up in 90 days",
  uptimeShort: "uptime",
  noData: "No data",
  daysAgo: "90 days ago",
  today: "Today",
  latency: "Response time, 24 hours",
  median: "median {ms} ms",
  asOf: "As of",
  stale: "Newer figures cannot be had at the moment. What is shown was so at the time below.",
  from: "From",
  until: "until",
  feeds: "Feeds",
  subscribe: "Subscribe",
  subscribeHint: "Hear of incidents and maintenance as they are told here. We write to you first, to see that you want it.",
  email: "E-mail address",
  webhook: "By webhook instead",
  webhookUrl: "Address of the webhook",
  subscribed: "One more step",
  subscribedHint: "If this address can be subscribed, a message with a link is on its way. Follow the link to confirm.",
  password: "Password",
  protectedPage: "This page is protected",
  wrongPassword: "That is not the password.",
  open: "Open",
  notFound: "There is no status page here",
  notFoundHint: "It may have been moved, or taken away.",
  later: "Not available at the moment",
  laterHint: "Try again in a minute.",
  tooMany: "Too many tries. Wait a minute.",
  confirm: "Confirm the subscription",
  confirmed: "You are subscribed",
  unsubscribe: "End the subscription",
  unsubscribed: "You are not subscribed any more",
  other: "Services",
  noticed: "Noticed by monitoring.",
  over: "Over after {span}.",
  fullPage: "Details",
  empty: "Nothing is shown here yet",
  badAddress: "This is no address that can be subscribed.",
  skip: "Skip to the content",
};

const ru: Words = {
  overall: { up: "Все системы работают", degraded: "Часть систем работает с перебоями", partial: "Часть систем не работает", down: "Крупный сбой", maintenance: "Идут плановые работы", unknown: "Состояние пока неизвестно" },
  states: { up: "Работает", degraded: "С перебоями", down: "Не работает", maintenance: "Плановые работы", unknown: "Неизвестно" },
  noteStates: { investigating: "Выясняем причину", identified: "Причина найдена", monitoring: "Наблюдаем", resolved: "Устранено", scheduled: "Запланировано", in_progress: "Выполняется", completed: "Завершено" },
  impacts: { none: "Без влияния", minor: "Незначительный", major: "Крупный", maintenance: "Плановые работы" },
  active: "Сейчас",
  planned: "Плановые работы",
  past: "Прошлые инциденты",
  quietDay: "Инцидентов не было",
  affects: "Затронуто",
  uptime: "доступность {percent} за 90 дней",
  uptimeShort: "доступность",
  noData: "Нет данных",
  daysAgo: "90 дней назад",
  today: "Сегодня",
  latency: "Время ответа, 24 часа",
  median: "медиана {ms} мс",
  asOf: "По состоянию на",
  stale: "Более свежие данные сейчас недоступны. Показано состояние на указанное ниже время.",
  from: "С",
  until: "до",
  feeds: "Ленты",
  subscribe: "Подписаться",
  subscribeHint: "Вы будете получать сообщения об инцидентах и работах. Сначала мы попросим подтвердить адрес.",
  email: "Адрес эл. почты",
  webhook: "Подписать вебхук",
  webhookUrl: "Адрес вебхука",
  subscribed: "Остался один шаг",
  subscribedHint: "Если этот адрес можно подписать, на него отправлено сообщение со ссылкой. Перейдите по ней, чтобы подтвердить подписку.",
  password: "Пароль",
  protectedPage: "Страница защищена паролем",
  wrongPassword: "Пароль неверен.",
  open: "Открыть",
  notFound: "Здесь нет страницы состояния",
  notFoundHint: "Возможно, она перенесена или удалена.",
  later: "Сейчас недоступно",
  laterHint: "Попробуйте ещё раз через минуту.",
  tooMany: "Слишком много попыток. Подождите минуту.",
  confirm: "Подтвердить подписку",
  confirmed: "Вы подписаны",
  unsubscribe: "Отменить подписку",
  unsubscribed: "Подписка отменена",
  other: "Сервисы",
  noticed: "Замечено мониторингом.",
  over: "Длилось {span}.",
  fullPage: "Подробнее",
  empty: "Здесь пока ничего нет",
  badAddress: "Этот адрес нельзя подписать.",
  skip: "К содержанию",
};

export type Language = "en" | "ru";

export const wordsIn: Record<Language, Words> = { en, ru };

export function filled(text: string, values: Record<string, string>): string {
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);
}

/** Rounded down: what was not always up is never 100 %. */
export function percent(ratio: number, language: Language): string {
  const text = (Math.floor(ratio * 100_000) / 1_000).toFixed(ratio === 1 || ratio === 0 ? 0 : 2);
  return language === "ru" ? `${text.replace(".", ",")} %` : `${text}%`;
}

const units: Record<Language, readonly [days: string, hours: string, minutes: string]> = { en: ["d", "h", "min"], ru: ["д", "ч", "мин"] };

export function span(ms: number, language: Language): string {
  const minutes = Math.max(1, Math.round(ms / 60_000));
  const parts = [Math.floor(minutes / 1_440), Math.floor(minutes / 60) % 24, minutes % 60];
  return parts.flatMap((value, i) => (value > 0 ? [`${value} ${units[language][i]}`] : [])).slice(0, 2).join(" ");
}

const dayFormats = { en: new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" }), ru: new Intl.DateTimeFormat("ru", { dateStyle: "medium", timeZone: "UTC" }) };
const minuteFormats = { en: new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }), ru: new Intl.DateTimeFormat("ru", { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" }) };

export function day(ms: number, language: Language): string {
  return dayFormats[language].format(ms);
}

export function minute(ms: number, language: Language): string {
  return `${minuteFormats[language].format(ms)} UTC`;
}
