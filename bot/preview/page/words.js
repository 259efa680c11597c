// The page's own words in German and English. The bot's words come from the bot.

const WORDS = {
  de: {
    title: "Vorschau", lead: "Schlüpfen Sie in eine Rolle und schreiben Sie mit dem Bot. Alle Personen sind erfunden.",
    people: "Personen", newPerson: "Neue Person", uiLanguage: "Sprache dieser Seite", theme: "Darstellung",
    themeAuto: "Automatisch", themeLight: "Hell", themeDark: "Dunkel", skip: "Zum Nachrichtenfeld",
    back: "Zurück zu den Personen", chatMenu: "Menü dieses Chats", conversation: "Chatverlauf", toEnd: "Zum Ende",
    whatCan: "Was kann dieser Bot?", start: "Starten", unblock: "Blockierung aufheben", block: "Bot blockieren",
    clear: "Chat löschen", clearAsk: "Den Chat auf diesem Handy löschen? Der Bot erfährt davon nichts.", cancel: "Abbrechen",
    message: "Nachricht", send: "Senden", commands: "Befehle", attach: "Anhängen", voice: "Sprachnachricht",
    sampleVoice: "Beispiel senden (3 Sekunden)", record: "Aufnehmen", discard: "Aufnahme verwerfen",
    micRefused: "Das Mikrofon ist nicht erreichbar.", photo: "Foto", contact: "Kontakt", location: "Standort",
    editing: "Nachricht bearbeiten", cancelEdit: "Bearbeiten abbrechen", edit: "Bearbeiten", copy: "Text kopieren",
    copied: "Kopiert", edited: "bearbeitet", ownActions: "Aktionen für diese Nachricht", you: "Sie", bot: "Bot",
    writing: "schreibt …", blocked: "blockiert", deactivated: "Konto gelöscht", noBot: "Bot", playing: "Sie sind",
    play: "Sprachnachricht abspielen", pause: "Anhalten", download: "Datei speichern", cannotPlay: "Dieser Browser kann sie nicht abspielen.",
    lost: "Keine Verbindung. Neuer Versuch …", failed: "Das hat nicht geklappt.",
    name: "Name", appLanguage: "Sprache der App", add: "Anlegen", app: "App", 
    empty: "Noch nicht gestartet", unread: "ungelesen", buttons: "Knöpfe",
    clockTitle: "Uhr der Vorschau", clockOpen: "Datum und Uhrzeit", clockNow: "Die Uhr der Vorschau zeigt",
    clockHour: "+1 Stunde", clockDay: "+1 Tag", clockNext: "Zur nächsten Nachricht", clockNothing: "Der Bot hat nichts geplant.",
    clockUnknown: "Der Plan ist gerade nicht lesbar.", clockTo: "Anderer Tag, andere Uhrzeit", clockSet: "Stellen", close: "Schließen",
    clockHint: "Der Bot richtet sich nach dieser Uhr. Was gesendet oder gelöscht ist, bleibt es, auch wenn Sie sie zurückstellen.",
    clock_no_moment: "Bitte geben Sie Tag und Uhrzeit ganz an.", clock_out_of_range: "Bitte wählen Sie ein Jahr von 2020 bis 2099.",
    clock_skipped_hour: "Diese Uhrzeit gibt es nicht: In dieser Nacht beginnt die Sommerzeit.",
  },
  en: {
    title: "Preview", lead: "Play a role and chat with the bot. All people are invented.",
    people: "People", newPerson: "New person", uiLanguage: "Language of this page", theme: "Appearance",
    themeAuto: "Automatic", themeLight: "Light", themeDark: "Dark", skip: "Skip to the message box",
    back: "Back to the people", chatMenu: "Menu of this chat", conversation: "Conversation", toEnd: "To the end",
    whatCan: "What can this bot do?", start: "Start", unblock: "Unblock", block: "Block bot",
    clear: "Delete chat", clearAsk: "Delete the chat on this phone? The bot is not told.", cancel: "Cancel",
    message: "Message", send: "Send", commands: "Commands", attach: "Attach", voice: "Voice message",
    sampleVoice: "Send a sample (3 seconds)", record: "Record", discard: "Discard recording",
    micRefused: "The microphone cannot be reached.", photo: "Photo", contact: "Contact", location: "Location",
    editing: "Edit message", cancelEdit: "Stop editing", edit: "Edit", copy: "Copy text",
    copied: "Copied", edited: "edited", ownActions: "Actions for this message", you: "You", bot: "Bot",
    writing: "is typing …", blocked: "blocked", deactivated: "Account deleted", noBot: "bot", playing: "you are",
    play: "Play voice message", pause: "Pause", download: "Save file", cannotPlay: "This browser cannot play it.",
    lost: "No connection. Trying again …", failed: "That did not work.",
    name: "Name", appLanguage: "Language of the app", add: "Add", app: "App",
    empty: "Not started yet", unread: "unread", buttons: "Buttons",
    clockTitle: "Clock of the preview", clockOpen: "Date and time", clockNow: "The clock of the preview shows",
    clockHour: "+1 hour", clockDay: "+1 day", clockNext: "To the next message", clockNothing: "The bot has nothing planned.",
    clockUnknown: "The plan cannot be read just now.", clockTo: "Another day, another time", clockSet: "Set", close: "Close",
    clockHint: "The bot goes by this clock. What is sent or deleted stays so, even if you set it back.",
    clock_no_moment: "Please give both the day and the time.", clock_out_of_range: "Please choose a year from 2020 to 2099.",
    clock_skipped_hour: "There is no such time: summer time begins that night.",
  },
};

export const APP_LANGUAGES = [
  "de", "en", "ar", "tr", "uk", "ru", "ro", "it", "hr", "el", "sq", "fa", "ku", "fr", "es", "pl", "pt", "bg", "hu", "sr", "ti", "so", "ps", "vi", "zh",
];

const LOCALES = { de: "de-DE", en: "en-GB" };

let language = "de";
let timeZone; // until the preview names one, the browser's own

export function setLanguage(code) {
  language = code in WORDS ? code : "en";
  document.documentElement.lang = language;
  document.title = word("title");
  for (const node of document.querySelectorAll("[data-word]")) node.textContent = word(node.dataset.word);
  for (const node of document.querySelectorAll("[data-word-label]")) node.setAttribute("aria-label", word(node.dataset.wordLabel));
  for (const node of document.querySelectorAll("button.round[data-word-label]")) node.title = word(node.dataset.wordLabel);
  for (const node of document.querySelectorAll("[data-word-placeholder]")) node.placeholder = word(node.dataset.wordPlaceholder);
}

export function currentLanguage() {
  return language;
}

export function setTimeZone(name) {
  timeZone = name;
}

export function word(key) {
  return WORDS[language][key] ?? key;
}

export function languageName(code) {
  try {
    return new Intl.DisplayNames([language], { type: "language" }).of(code);
  } catch {
    return code;
  }
}

function formatted(date, options) {
  return new Intl.DateTimeFormat(LOCALES[language], { timeZone, ...options }).format(date);
}

export function clockTime(date) {
  return formatted(date, { hour: "2-digit", minute: "2-digit" });
}

export function dayName(date) {
  return formatted(date, { day: "numeric", month: "long", year: "numeric" });
}

export function shortDay(date) {
  return formatted(date, { day: "numeric", month: "numeric", year: "2-digit" });
}

export function momentName(date) {
  const day = formatted(date, { weekday: "short", day: "numeric", month: "long", year: "numeric" });
  return `${day}, ${clockTime(date)}${language === "de" ? " Uhr" : ""}`;
}

// As a field for date and time wants it: 2027-09-06T17:00
export function wallTime(date) {
  const day = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone };
  return new Intl.DateTimeFormat("sv-SE", day).format(date).replace(" ", "T");
}

export function seconds(total) {
  const whole = Math.round(total);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function fileSize(bytes) {
  return bytes < 1024 ? `${bytes} B` : `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(bytes / 1024)} kB`;
}
