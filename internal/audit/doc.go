// Package audit holds the decision record of a request: what was looked at on
// the way, in order, and which step decided. A client sees AWS's words; the
// operator finds the whole reason here, by the request's id.
//
//	request ─▶ Record (a parameter, filled on the way) ─▶ Log.Write, once, at the end
//	                                                        ├─▶ a log line, of what did not pass
//	                                                        ├─▶ a shelf: passed | strangers | callers
//	                                                        └─▶ a Keeper (package journal), which writes Entries
//	Log.Find ─▶ Records of one id ─▶ NewReport ─▶ JSON, for "sallyport explain"
//	Entry.Head, Entry.Report ─▶ the same, of what a journal has kept
//
// What is kept has a bound in bytes, and its own: a shelf copies the text of a
// record, clipped, into memory that the record before it had, so that nothing
// of a request (whose header or body may be large) outlives it. Each shelf
// forgets its own oldest: who has proved nothing can push out neither what
// passed nor what proven callers were refused.
//
// The files: record (what the pipeline fills), log (Write, Find), shelf and
// trace (what is kept, and how much), entry (its form in a journal), report (what
// the operator gets).
package audit
