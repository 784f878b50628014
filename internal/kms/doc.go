// Package kms is a small AWS KMS: symmetric keys that never leave the server,
// and what is encrypted under them (kms).
//
//	Encrypt, GenerateDataKey -> key, enabled? -> key policy and IAM -> blob that names its key
//	Decrypt -> blob -> key -> key policy and IAM -> plaintext, if the encryption context is the same
//
// A key's own policy decides, as at AWS: it must allow the caller, or the
// account, which leaves it to the caller's own policies. Even the account's root
// has no more than that.
//
// A blob is bound to its key and its encryption context (blob.go). Key material
// lies sealed by the keyring, in the row of its key, and is gone with it.
//
// Keys and aliases are read from a snapshot that follows the database. There are
// no grants; a user pool that is told to use a key is allowed to by that setting
// (DataKey). Asymmetric, HMAC and imported keys, key stores and rotation are
// refused by name (absent.go).
package kms
