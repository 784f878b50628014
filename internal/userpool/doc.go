// Package userpool is Cognito user pools: pools, app clients, users, groups,
// sign-in with its challenges, and the tokens that come of it (cognito-idp).
//
//	InitiateAuth -> client, flow, SECRET_HASH -> user -> backoff -> password -> status
//	                                                                              |
//	         NEW_PASSWORD_REQUIRED <- challenge (session, works once) <-----------+
//	                    |                                                         |
//	         RespondToAuthChallenge -> new password ------------------------------+
//	                                                                              v
//	                                            grant (refresh token) + ID and access token
//
//	USER_SRP_AUTH -> user -> verifier -> SALT, SRP_B, SECRET_BLOCK (the exchange, sealed: nothing is kept)
//	PASSWORD_VERIFIER -> block, works once -> backoff -> proof -> status, as above
//
//	USER_AUTH -> user, or nobody -> what the pool allows and they have -> SELECT_CHALLENGE -> the chosen one
//	     PASSWORD, PASSWORD_SRP, EMAIL_OTP, SMS_OTP, WEB_AUTHN -> proof -> status, as above
//
//	CUSTOM_AUTH -> define -> create -> CUSTOM_CHALLENGE -> session ... answer -> backoff -> verify -> define -> status, as above (custom.go)
//
//	status -> second factor (progress.go) -> SMS_MFA, EMAIL_OTP, SOFTWARE_TOKEN_MFA, or SELECT_MFA_TYPE before one of them
//	SMS_MFA, EMAIL_OTP -> code of this session -> outbox ... code -> session used up, address verified
//	SOFTWARE_TOKEN_MFA -> code -> seed -> a step later than the last -> session used up
//	MFA_SETUP -> AssociateSoftwareToken -> VerifySoftwareToken -> MFA_SETUP, a new session after each
//	MFA_SETUP, EMAIL -> EMAIL_OTP, by a code to that address -> the address is theirs
//
//	REFRESH_TOKEN_AUTH -> grant -> user still enabled, not signed out -> ID and access token
//	GetTokensFromRefreshToken -> the same -> and, where they rotate, the next refresh token; one that comes back ends the grant
//
//	ConfirmDevice -> the key that a sign-in was given -> device; DEVICE_KEY -> remembered device -> DEVICE_SRP_AUTH ->
//	DEVICE_PASSWORD_VERIFIER -> backoff -> proof -> in the place of a second factor (devicesignin.go)
//
//	SignUp -> user, UNCONFIRMED -> code -> outbox ... ConfirmSignUp -> code -> CONFIRMED, address verified
//	ForgotPassword -> verified address -> code -> outbox ... ConfirmForgotPassword -> code -> new password, sign-ins ended
//	UpdateUserAttributes -> address unverified, or still the old one -> code -> outbox ... VerifyUserAttribute -> code -> verified
//
// Codes (code.go) are kept as keyed hashes, one for each user and purpose, and
// work once. How often they may be asked for and guessed at is in allowance.go,
// where they go and what the message says in delivery.go, how a function of the
// pool gets to bring them in sender.go, who mails are from and how long they are
// of use in mailsettings.go, and the page where a link in a mail leads in
// confirmpage.go. Of a client that hides
// its users, named.go makes nobody of whoever must not be told of: for nobody
// the same is done as for somebody.
//
// A password is kept as a hash (password.go) and, where a client of the pool may
// use SRP, as verifiers that open with that hash only (verifiers.go). The two
// calls of a proof are in srp.go, and what they answer for a user who does not
// exist in srpnobody.go.
//
// Every password that is set comes through keepFor, which holds it against the
// operator's list of those known from breaches and the user's own former ones
// (passwordhistory.go). What happened at sign-ins is noted around begin and
// respond (autheventoperations.go) where the pool wants it, in memory, and
// written together once a second (autheventlog.go), so that it costs a sign-in
// next to nothing and tells nobody who exists. What a pool does about risks is
// in risk.go. Which names are one name is in fold.go, nowhere else.
//
// A client has up to two secrets (clientsecret.go) and names scopes of resource
// servers (resourceserver.go). Signing keys are published before they sign and
// leave when their last token has expired (keyrotation.go). CreateUserImportJob
// -> PUT of a file -> users, RESET_REQUIRED: importjob.go.
//
// Pools, clients and keys are read from one immutable snapshot that follows the
// database (snapshot.go); users are read where they sign in. The gateway verifies
// tokens against the same snapshot (keys.go, wellknown.go) and touches no database.
// Policies are told of the tags of pools from it as well (conditions.go).
package userpool
