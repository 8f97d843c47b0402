/** What the window says, in each of its languages. */
export interface Words {
  open: string;
  close: string;
  write: string;
  send: string;
  attach: string;
  typing: string;
  offline: string;
  waiting: string;
  failed: string;
  again: string;
  away: string;
  name: string;
  email: string;
  phone: string;
  begin: string;
  required: string;
  deleted: string;
  edited: string;
  read: string;
  you: string;
  agent: string;
  remove: string;
  tooLarge: string;
  blocked: string;
  earlier: string;
  news: string;
  pay: string;
  copyPix: string;
  copied: string;
  toPay: string;
  paid: string;
  processing: string;
  refunded: string;
  partlyRefunded: string;
  expired: string;
  cancelled: string;
}

const en: Words = {
  open: "Open chat", close: "Close chat", write: "Write a message", send: "Send", attach: "Attach a file", typing: "is writing…",
  offline: "No connection. Your messages are sent as soon as it is back.", waiting: "Waiting", failed: "Not sent", again: "Try again",
  away: "Nobody is here at the moment. Leave a message and we will answer.", name: "Name", email: "E-mail", phone: "Phone", begin: "Start the chat",
  required: "Please fill this in.", deleted: "This message was deleted.", edited: "edited", read: "Read", you: "You", agent: "Agent",
  remove: "Remove", tooLarge: "This file is larger than 25 MB.", blocked: "The chat cannot be used here.", earlier: "Earlier messages", news: "New message",
  pay: "Pay", copyPix: "Copy the Pix code", copied: "Copied", toPay: "To be paid", paid: "Paid",
  processing: "On its way", refunded: "Refunded", partlyRefunded: "Partly refunded", expired: "Expired", cancelled: "Cancelled",
};
const de: Words = {
  open: "Chat öffnen", close: "Chat schließen", write: "Nachricht schreiben", send: "Senden", attach: "Datei anhängen", typing: "schreibt…",
  offline: "Keine Verbindung. Deine Nachrichten gehen hinaus, sobald sie wieder da ist.", waiting: "Wartet", failed: "Nicht gesendet", again: "Noch einmal",
  away: "Gerade ist niemand da. Hinterlass eine Nachricht, wir antworten.", name: "Name", email: "E-Mail", phone: "Telefon", begin: "Chat beginnen",
  required: "Bitte ausfüllen.", deleted: "Diese Nachricht wurde gelöscht.", edited: "bearbeitet", read: "Gelesen", you: "Du", agent: "Team",
  remove: "Entfernen", tooLarge: "Diese Datei ist größer als 25 MB.", blocked: "Der Chat ist hier nicht verfügbar.", earlier: "Frühere Nachrichten", news: "Neue Nachricht",
  pay: "Bezahlen", copyPix: "Pix-Code kopieren", copied: "Kopiert", toPay: "Zu bezahlen", paid: "Bezahlt",
  processing: "Unterwegs", refunded: "Erstattet", partlyRefunded: "Teilweise erstattet", expired: "Abgelaufen", cancelled: "Abgebrochen",
};
const es: Words = {
  open: "Abrir el chat", close: "Cerrar el chat", write: "Escribe un mensaje", send: "Enviar", attach: "Adjuntar un archivo", typing: "está escribiendo…",
  offline: "Sin conexión. Tus mensajes se enviarán en cuanto vuelva.", waiting: "En espera", failed: "No enviado", again: "Reintentar",
  away: "Ahora no hay nadie. Deja un mensaje y te responderemos.", name: "Nombre", email: "Correo", phone: "Teléfono", begin: "Empezar el chat",
  required: "Rellena este campo.", deleted: "Este mensaje fue eliminado.", edited: "editado", read: "Leído", you: "Tú", agent: "Equipo",
  remove: "Quitar", tooLarge: "Este archivo supera los 25 MB.", blocked: "El chat no está disponible aquí.", earlier: "Mensajes anteriores", news: "Mensaje nuevo",
  pay: "Pagar", copyPix: "Copiar el código Pix", copied: "Copiado", toPay: "Por pagar", paid: "Pagado",
  processing: "En proceso", refunded: "Reembolsado", partlyRefunded: "Reembolsado en parte", expired: "Vencido", cancelled: "Cancelado",
};
const pt: Words = {
  open: "Abrir o chat", close: "Fechar o chat", write: "Escreva uma mensagem", send: "Enviar", attach: "Anexar um arquivo", typing: "está escrevendo…",
  offline: "Sem conexão. Suas mensagens serão enviadas assim que ela voltar.", waiting: "Aguardando", failed: "Não enviada", again: "Tentar de novo",
  away: "Não há ninguém agora. Deixe uma mensagem e responderemos.", name: "Nome", email: "E-mail", phone: "Telefone", begin: "Começar o chat",
  required: "Preencha este campo.", deleted: "Esta mensagem foi apagada.", edited: "editada", read: "Lida", you: "Você", agent: "Equipe",
  remove: "Remover", tooLarge: "Este arquivo tem mais de 25 MB.", blocked: "O chat não está disponível aqui.", earlier: "Mensagens anteriores", news: "Nova mensagem",
  pay: "Pagar", copyPix: "Copiar o código Pix", copied: "Copiado", toPay: "A pagar", paid: "Pago",
  processing: "Em processamento", refunded: "Reembolsado", partlyRefunded: "Reembolsado em parte", expired: "Expirado", cancelled: "Cancelado",
};
const fr: Words = {
  open: "Ouvrir le chat", close: "Fermer le chat", write: "Écrire un message", send: "Envoyer", attach: "Joindre un fichier", typing: "écrit…",
  offline: "Pas de connexion. Vos messages partiront dès son retour.", waiting: "En attente", failed: "Non envoyé", again: "Réessayer",
  away: "Il n’y a personne pour l’instant. Laissez un message, nous répondrons.", name: "Nom", email: "E-mail", phone: "Téléphone", begin: "Commencer",
  required: "Veuillez remplir ce champ.", deleted: "Ce message a été supprimé.", edited: "modifié", read: "Lu", you: "Vous", agent: "Équipe",
  remove: "Retirer", tooLarge: "Ce fichier dépasse 25 Mo.", blocked: "Le chat n’est pas disponible ici.", earlier: "Messages précédents", news: "Nouveau message",
  pay: "Payer", copyPix: "Copier le code Pix", copied: "Copié", toPay: "À payer", paid: "Payé",
  processing: "En cours", refunded: "Remboursé", partlyRefunded: "Remboursé en partie", expired: "Expiré", cancelled: "Annulé",
};
const ar: Words = {
  open: "فتح المحادثة", close: "إغلاق المحادثة", write: "اكتب رسالة", send: "إرسال", attach: "إرفاق ملف", typing: "يكتب…",
  offline: "لا يوجد اتصال. سترسل رسائلك عند عودته.", waiting: "في الانتظار", failed: "لم ترسل", again: "إعادة المحاولة",
  away: "لا أحد هنا الآن. اترك رسالة وسنجيبك.", name: "الاسم", email: "البريد الإلكتروني", phone: "الهاتف", begin: "بدء المحادثة",
  required: "يرجى ملء هذا الحقل.", deleted: "حذفت هذه الرسالة.", edited: "معدلة", read: "قرئت", you: "أنت", agent: "الفريق",
  remove: "إزالة", tooLarge: "حجم الملف أكبر من 25 ميغابايت.", blocked: "المحادثة غير متاحة هنا.", earlier: "رسائل سابقة", news: "رسالة جديدة",
  pay: "ادفع", copyPix: "نسخ رمز Pix", copied: "تم النسخ", toPay: "بانتظار الدفع", paid: "تم الدفع",
  processing: "قيد المعالجة", refunded: "تم رد المبلغ", partlyRefunded: "تم رد جزء من المبلغ", expired: "انتهت المهلة", cancelled: "ألغي",
};

const all: Record<string, Words> = { en, de, es, pt, fr, ar };

/** The visitor's language where the window may speak it, else its first one. */
export function choose(allowed: string[], wanted: readonly string[]): { language: string; words: Words; rtl: boolean } {
  const known = wanted.map((tag) => tag.toLowerCase().split("-")[0] ?? "").find((one) => allowed.includes(one) && all[one]);
  const language = known ?? allowed.find((one) => all[one]) ?? "en";
  return { language, words: all[language] ?? en, rtl: language === "ar" };
}
