// `merc features`: every column with its meaning, from the one list in the schema.

import { columns, coverage } from '../native.ts';
import { VIEWS } from '../sql/views.ts';
import { featuresMarkdown, featuresText, type Coverage, type FeatureGroup } from '../ui/feature-pages.ts';

export async function featuresCommand(format: 'text' | 'json' | 'markdown'): Promise<void> {
  process.stdout.write(featuresPage(format));
}

/** The page in one of its three forms. */
export function featuresPage(format: 'text' | 'json' | 'markdown'): string {
  const groups = JSON.parse(columns()) as FeatureGroup[];
  if (format === 'json') return `${JSON.stringify(groups, null, 1)}\n`;
  return format === 'markdown' ? featuresMarkdown(groups, VIEWS, JSON.parse(coverage()) as Coverage[]) : featuresText(groups, process.stdout.columns || 100);
}
