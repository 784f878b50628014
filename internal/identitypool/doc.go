// Package identitypool is Cognito identity pools (cognito-identity): it turns
// proofs of who somebody is into one lasting identity, and the identity into
// temporary credentials of a role.
//
//	Logins ── prove ──▶ login (provider, subject, claims)      every one must hold, or the call fails
//	                      │
//	                   resolve ──▶ Identity                     known, linked, merged or new
//	                      │
//	   enhanced flow      ├── chooseRole ──▶ Roles.Assume ──▶ credentials, for an hour
//	   basic flow         └── OpenID token ──▶ sts:AssumeRoleWithWebIdentity, which asks TokenVerifier
//
// An identity without logins is a guest: whoever knows its id is it. From its
// first login on it is opened by its logins alone, also after the last of them
// was unlinked. Of two identities that turn out to be one person the younger is
// disabled and leads to the older.
//
// Pools and signing keys are read from a snapshot that follows the database;
// identities are read where they are used, and what is linked or merged is
// decided again in the transaction that writes it.
//
// Google and Apple are proved by the keys that they publish. Pools may name
// Facebook, Login with Amazon and Twitter, whose tokens only their own servers
// can check: such a login is refused, and says so.
//
// The files: service and neighbours are the surroundings, operations the
// registrations; pool, pooloperations, poolroles and tag are settings, limit
// their bounds; login, userlogin and providerlogin prove; identity, resolve,
// merge, identityoperations and developer keep identities, newcomers bounds how
// fast strangers make them; rolechoice, principaltag, guest and credentials make
// sessions; openidtoken, keys and tokenverifier are the tokens; records are the
// rows, snapshot follows them, paging pages through them; messages are AWS's
// words.
package identitypool
