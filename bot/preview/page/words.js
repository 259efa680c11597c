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
  },
};

export const APP_LANGUAGES = [
  "de", "en", "ar", "tr", "uk", "ru", "ro", "it", "hr", "el", "sq", "fa", "ku", "fr", "es", "pl", "pt", "bg", "hu", "sr", "ti", "so", "ps", "vi", "zh",
];

let language = "de";

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

export function clockTime(date) {
  return new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" }).format(date);
}

export function dayName(date) {
  return new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" }).format(date);
}

export function seconds(total) {
  const whole = Math.round(total);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

export function fileSize(bytes) {
  return bytes < 1024 ? `${bytes} B` : `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(bytes / 1024)} kB`;
}
