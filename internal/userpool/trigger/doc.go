// Package trigger runs the functions that a user pool names for the moments of
// a person's life in it: it writes the event, invokes, reads the answer, and
// says in a closed set of errors what came of it.
//
//	Event -> envelope -> Invoker (5 seconds a try, 3 tries) -> answer -> envelope again, response held to its shape
//	                         |                                  |
//	                         Unreachable                        Thrown, or Unreadable
//
// It knows nothing of pools and users: whoever runs a trigger says what the event
// tells, and gives the value that response is read into.
// https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-identity-pools-working-with-aws-lambda-triggers.html
package trigger
