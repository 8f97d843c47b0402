/** Whether something sent then may still be changed, `seconds` being how long the channel allows it; null is never. */
export function within(sentAt: string, seconds: number | null | undefined, now = Date.now()): boolean {
  return seconds != null && now - new Date(sentAt).getTime() < seconds * 1000;
}
