// Package journal keeps the decision records of requests in the database, for a
// time and up to a number, and finds them again.
//
//	audit.Log.Write ─▶ Keep ─▶ what waits, in memory: passed | strangers | callers
//	                              │ each second, or at 256 KiB; before each search
//	                              ▼
//	                           Flush ─▶ blocks of up to 1024 records, deflated, in the database
//	                              └─▶ prune: blocks too old; then blocks of who takes most beyond its share
//
//	Search, Find, Follow ─▶ Flush ─▶ blocks of all nodes, newest first ─▶ audit.Report
//
// A request pays for a copy of its record (some hundred nanoseconds, no
// allocation) and never waits for the database. Before a search all that waits is
// written, so that there is one place to look, and what was answered is found at
// once; of other nodes, what is older than about a second. A crash may lose the
// last second, a clean stop loses nothing.
//
// What bounds it, whoever sends whatever:
//
//   - a record: its texts are clipped as in package audit (2304 bytes), what
//     policies had to say is at most 16 KiB, and only for who was refused by them;
//   - what waits: 1 MiB for each kind of record, and as much again that the
//     database would not take. Beyond that, records of that kind are dropped and
//     counted; the log says so, and every answer to a search. What passed is most
//     of what there is, so that it is dropped first; it does not take the room of
//     refusals, nor do strangers take that of proven callers;
//   - the whole: Limits.Number records and BytesPerRecord times as many bytes, of
//     all nodes together. Of these a quarter belongs to what passed, a quarter to
//     refusals of strangers, half to those of proven callers. Who needs more may
//     have what the others leave, and is the first to lose it: a flood of strangers
//     ends with the oldest of its own. Blocks go as a whole, so that what is kept
//     is up to a part in 32 more or less than the number, or a few blocks;
//   - a search: a page of at most 1000 records and 64 MiB of entries; it says where
//     the next one goes on.
//
// A block that is not full is written anew with what came, so that a quiet server
// has few rows. Nodes share the tables and write blocks of their own.
//
// The files: journal (Keep, limits), write (Flush, prune), block (rows), query
// (what matches), search (Search, Find), follow.
package journal
