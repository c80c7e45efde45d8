/** The portal's own messages follow the language of the portal or the caller; `Access denied` does not (docspace-api.md §1.1, §5). */
export const languages = ['en', 'de', 'ru'] as const;
export type Language = (typeof languages)[number];

const translations: Record<string, Record<Exclude<Language, 'en'>, string>> = {
  'User with this email is already registered': {
    de: 'Ein Benutzer mit dieser E-Mail-Adresse ist bereits registriert',
    ru: 'Пользователь с таким адресом электронной почты уже зарегистрирован',
  },
  'The user could not be found': {
    de: 'Der Benutzer konnte nicht gefunden werden',
    ru: 'Пользователь не найден',
  },
  'Incorrect firstname or lastname': {
    de: 'Falscher Vor- oder Nachname',
    ru: 'Некорректное имя или фамилия',
  },
  'The number of admins exceeds the limit': {
    de: 'Die Anzahl der Administratoren überschreitet das Limit',
    ru: 'Количество администраторов превышает лимит',
  },
  'The user is not suspended': {
    de: 'Der Benutzer ist nicht gesperrt',
    ru: 'Пользователь не заблокирован',
  },
  "You don't have enough permission to perform the operation": {
    de: 'Sie haben nicht genügend Rechte, um diesen Vorgang auszuführen',
    ru: 'У вас недостаточно прав для выполнения операции',
  },
};

export function translated(message: string, language: Language): string {
  return language === 'en' ? message : (translations[message]?.[language] ?? message);
}
