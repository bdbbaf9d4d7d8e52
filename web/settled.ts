/** What is being typed, once nothing has been typed for a moment. */
import { useEffect, useState } from "preact/hooks";

const typingMs = 400;

export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), typingMs);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
