// Package awsapi is the door for AWS's protocols: it finds the operation that a
// request means, proves the caller, asks whether they may, and turns wire
// messages into the SDK's shapes and back.
//
//	ServeHTTP   match -> signature -> body -> decode -> required members -> Authorizer -> handler -> encode -> Record
//	Call                                               required members -> Authorizer -> handler -> Record
//
// match looks at X-Amz-Target (awsJson), at Action and Version (Query), else at
// method and path (restJson). A Public operation runs for anybody, and a
// signature on it is not looked at: its caller is anonymous either way. Every
// other call is signed, and the service of its verified scope must be the one
// whose operation it names. What the pipeline refuses leaves in the form of the
// protocol that the client speaks.
//
// Shapes are bound by reflection once, in New: a plan of closures a type. No
// method of an SDK type is looked up by name, which would keep every operation
// of every SDK client in the binary.
package awsapi
