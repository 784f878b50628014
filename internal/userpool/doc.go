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
//	REFRESH_TOKEN_AUTH -> grant -> user still enabled, not signed out -> ID and access token
//
// Pools, clients and keys are read from one immutable snapshot that follows the
// database (snapshot.go); users are read where they sign in. The gateway verifies
// tokens against the same snapshot (keys.go, wellknown.go) and touches no database.
// Policies are told of the tags of pools from it as well (conditions.go).
package userpool
