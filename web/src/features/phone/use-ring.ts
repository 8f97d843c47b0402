import { useEffect } from "react";

/** Two short tones every three seconds while something rings. Browsers let a page sound once it was clicked. */
export function useRing(rings: boolean): void {
  useEffect(() => {
    if (!rings || !("AudioContext" in window)) return;
    const sound = new AudioContext();
    const ring = () => {
      for (const [start, pitch] of [[0, 440], [0.45, 554]] as const) tone(sound, sound.currentTime + start, pitch);
    };
    ring();
    const timer = setInterval(ring, 3000);
    return () => {
      clearInterval(timer);
      void sound.close();
    };
  }, [rings]);
}

function tone(sound: AudioContext, at: number, pitch: number): void {
  const wave = sound.createOscillator();
  const volume = sound.createGain();
  wave.frequency.value = pitch;
  volume.gain.setValueAtTime(0, at);
  volume.gain.linearRampToValueAtTime(0.12, at + 0.04);
  volume.gain.linearRampToValueAtTime(0, at + 0.4);
  wave.connect(volume).connect(sound.destination);
  wave.start(at);
  wave.stop(at + 0.42);
}
