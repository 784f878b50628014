// Package keyring seals what must not lie in the clear. One master key wraps
// data keys; data keys seal values, each bound to its purpose and id.
//
//	master key -> data keys (per purpose, wrapped, in the database) -> Seal / Open / MAC
//
// Each purpose has data key number 0 for MAC, and numbers from 1 for sealing: the newest
// seals, all of them open. Sealed values are
//
//	version (1 byte) | number of the data key (4 bytes) | AES-256-GCM nonce, text, tag
//
// with purpose, number and id as associated data: a value moved to another row, or to
// another purpose, does not open.
//
// Sealing keys rotate (Rotate). MAC keys do not: what they hash is looked up by its hash,
// and nobody could hash again what is not stored as text.
package keyring
