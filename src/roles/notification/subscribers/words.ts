/** What mails to subscribers of status pages say around what a person wrote. */
export interface SubscriberWords {
  states: Record<string, string>;
  confirmSubject: string;
  confirmText: string;
  page: string;
  unsubscribe: string;
  noticed: string;
  over: string;
}

const en: SubscriberWords = {
  states: { investigating: "Investigating", identified: "Identified", monitoring: "Monitoring", resolved: "Resolved", scheduled: "Scheduled", in_progress: "In progress", completed: "Completed" },
  confirmSubject: "Confirm your subscription",
  confirmText: "Somebody, probably you, wants to hear of this page here. Follow the link to confirm; if it was not you, do nothing, and nothing will be sent.",
  page: "The page",
  unsubscribe: "End the subscription",
  noticed: "Monitoring noticed that something is wrong.",
  over: "It works again.",
};

const ru: SubscriberWords = {
  states: { investigating: "Выясняем причину", identified: "Причина найдена", monitoring: "Наблюдаем", resolved: "Устранено", scheduled: "Запланировано", in_progress: "Выполняется", completed: "Завершено" },
  confirmSubject: "Подтвердите подписку",
  confirmText: "Кто-то, вероятно вы, хочет получать сюда сообщения этой страницы. Перейдите по ссылке, чтобы подтвердить; если это были не вы, ничего не делайте, и сообщений не будет.",
  page: "Страница",
  unsubscribe: "Отменить подписку",
  noticed: "Мониторинг заметил неполадку.",
  over: "Снова работает.",
};

export function subscriberWords(language: string): SubscriberWords {
  return language === "ru" ? ru : en;
}
