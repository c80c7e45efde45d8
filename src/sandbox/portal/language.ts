/** The portal's own messages follow its language. `Access denied` and a few others are always English (docspace-api.md §5). */
export const languages = ['en', 'de', 'ru'] as const;
export type Language = (typeof languages)[number];

const translations: Record<string, Record<Exclude<Language, 'en'>, string>> = {
  'User with this email is already registered': {
    de: 'Ein Benutzer mit dieser E-Mail-Adresse ist bereits registriert',
    ru: 'Пользователь с таким адресом email уже зарегистрирован',
  },
  'The user could not be found': {
    de: 'Der Benutzer konnte nicht gefunden werden',
    ru: 'Пользователь не найден',
  },
  'Incorrect firstname or lastname': {
    de: 'Falscher Vor- oder Nachname',
    ru: 'Некорректное имя или фамилия',
  },
};

export function translate(message: string, language: Language): string {
  return language === 'en' ? message : (translations[message]?.[language] ?? message);
}
