// Package compromised finds passwords in a list of those that are known from
// breaches. It knows them by hash, and never holds more of the list in memory
// than the piece that it looks at: a list may have 40 GB.
//
//	Open -> which hash? -> every line of a small file, or samples of a large one: hex, in order
//	Contains -> SHA-1 or SHA-256 of the password -> binary search by offset -> the lines of one window
//
// A list has one hash a line, in hex of either case, sorted, each with ":count"
// or without: the form of the well-known downloads of Have I Been Pwned,
// "ordered by hash".
package compromised
