// Package identitypool is Cognito identity pools (cognito-identity): it turns
// proofs of who somebody is into one lasting identity, and the identity into
// temporary credentials of a role.
//
//	Logins ── prove ──▶ login (provider, subject, claims)        every one must hold, or all fail
//	                      │
//	                   resolve ──▶ Identity                       found, linked, merged or new
//	                      │
//	   enhanced flow      ├── chooseRole ──▶ roles.Assume ──▶ credentials
//	   basic flow         └── OpenID token ──▶ sts:AssumeRoleWithWebIdentity (TokenVerifier)
//
// An identity without logins is a guest: whoever knows its id is it. From its
// first login on it is opened by its logins only, also after the last of them
// was unlinked. Of two identities that turn out to be one person, one is
// disabled and points to the other.
//
// Pools and signing keys are read from a snapshot that follows the database;
// identities are read where they are used.
//
// The files: pool, pooloperations, tag and poolroles are the settings, limit
// their bounds; login, userlogin and providerlogin prove; identity, resolve and merge keep the
// identities; identityoperations and developer are the operations on them;
// rolechoice, principaltag, guest and credentials make sessions; openidtoken,
// keys and tokenverifier are the tokens; records are the rows; snapshot
// follows; messages are AWS's words.
package identitypool
