/** What is printed of captures, of a page that shows packets, and of pictures. */
import * as z from 'zod';

export const PACKETS_OUTPUTS = {
  capture: z.object({
    lab: z.string(),
    places: z.array(
      z.object({
        place: z.string().describe('as it was asked for'),
        machine: z.string(),
        segment: z.string().optional(),
        packets: z.int(),
        dropped: z.int().describe('by the kernel, which had no room for them'),
      }),
    ),
    packets: z.int(),
    dropped: z.int(),
    file: z.string().optional(),
  }),
  watch: z.object({
    lab: z.string(),
    url: z.string().describe('opens the page'),
    port: z.int(),
    token: z.string().describe("in the url, or as 'Authorization: Bearer TOKEN'"),
  }),
  graph: z.object({
    lab: z.string(),
    format: z.enum(['svg', 'dot', 'mermaid']),
    text: z.string().optional().describe('the picture, where it was not written to a file'),
    file: z.string().optional(),
  }),
} as const;
