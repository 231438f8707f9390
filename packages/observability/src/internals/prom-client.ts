/** The labels that a registry adds to each of its series. Without `_defaultLabels`, the plugin's series have none. */
export function defaultLabelsOf(registry: object): Record<string, string> {
  const { _defaultLabels: labels } = registry as { _defaultLabels?: unknown }
  if (typeof labels !== 'object' || labels === null) return {}
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]))
}

/** Whether {@link defaultLabelsOf} finds the labels of this registry. */
export const defaultLabelsAreReadable = (registry: object): boolean => '_defaultLabels' in registry
