/** Those that people reach for first. */
export const quickEmoji = ["👍", "❤️", "😂", "😮", "😢", "🙏"];

/** A short keyboard of emoji with words to find them by. */
export const emoji: [string, string][] = [
  ["😀", "grin smile happy"], ["😃", "smile happy"], ["😄", "smile laugh"], ["😁", "grin beam"], ["😅", "sweat relief"], ["😂", "joy tears laugh"],
  ["🙂", "slight smile"], ["😉", "wink"], ["😊", "blush smile"], ["😍", "heart eyes love"], ["😘", "kiss"], ["😎", "cool sunglasses"],
  ["🤗", "hug"], ["🤔", "think"], ["😐", "neutral"], ["🙄", "eyes roll"], ["😬", "grimace"], ["😢", "cry sad"], ["😭", "sob cry"], ["😮", "wow surprised"],
  ["😱", "scream shock"], ["😡", "angry"], ["🥳", "party celebrate"], ["😴", "sleep"], ["🤒", "sick"], ["👍", "thumbs up yes good"], ["👎", "thumbs down no"],
  ["👌", "ok"], ["👏", "clap applause"], ["🙏", "thanks please pray"], ["💪", "strong"], ["👋", "wave hello bye"], ["🤝", "handshake deal"], ["✌️", "peace"],
  ["👉", "point right"], ["👀", "eyes look"], ["❤️", "heart love red"], ["🧡", "heart orange"], ["💛", "heart yellow"], ["💚", "heart green"], ["💙", "heart blue"],
  ["💜", "heart purple"], ["💔", "broken heart"], ["🔥", "fire hot"], ["✨", "sparkles"], ["⭐", "star"], ["🎉", "party tada celebrate"], ["🎁", "gift present"],
  ["🎂", "cake birthday"], ["🌹", "rose flower"], ["☀️", "sun"], ["🌧️", "rain"], ["☕", "coffee"], ["🍕", "pizza"], ["🍺", "beer"], ["🚗", "car"], ["✈️", "plane travel"],
  ["🏠", "home house"], ["📦", "package parcel"], ["🚚", "truck delivery"], ["📍", "pin location"], ["📅", "calendar date"], ["⏰", "alarm time"], ["⏳", "hourglass wait"],
  ["📞", "phone call"], ["📧", "mail email"], ["📎", "clip attachment"], ["📷", "camera photo"], ["💡", "idea bulb"], ["🔑", "key"], ["🔒", "lock secure"], ["💳", "card pay"],
  ["💰", "money"], ["🧾", "receipt invoice"], ["🛒", "cart shop"], ["✅", "check done yes"], ["❌", "cross no"], ["⚠️", "warning"], ["❓", "question"], ["❗", "important"], ["➡️", "arrow right"], ["💯", "hundred"],
];
