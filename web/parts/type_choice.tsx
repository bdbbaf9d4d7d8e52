/** Cards to choose a type from: name, label, and what it is about. */
export function TypeChoice({ types, type, onChange }: { types: readonly (readonly [string, string, string])[]; type: string; onChange: (type: string) => void }) {
  return (
    <fieldset class="choice-cards">
      <legend>Type</legend>
      {types.map(([name, label, about]) => (
        <label key={name} class="choice-card">
          <input type="radio" name="type" value={name} checked={type === name} onChange={() => onChange(name)} />
          <b>{label}</b>
          <small class="quiet">{about}</small>
        </label>
      ))}
    </fieldset>
  );
}
