// Package policy is the policy language of IAM: it reads policy documents,
// says what is wrong with them, and decides requests by them. It is pure: no
// I/O, no clock, no logging, and the standard library alone.
//
//	document ── Parse ──▶ Policy (compiled once, immutable)
//	                        │
//	Request + Set of policies ──▶ Evaluate ──▶ Decision (allocates nothing)
//	                          └─▶ Explain  ──▶ Decision + Trace (the same code)
//
// A statement applies when all of its clauses do, tried in this order:
//
//	action ─▶ principal ─▶ resource ─▶ condition (AND operators, AND keys, OR values)
//
// The layers are asked in this order, and an explicit deny in any of them ends it:
//
//	service control ─▶ resource or trust ─▶ identity ─▶ boundary ─▶ session
//
// and then, from the allows that each of them gave:
//
//	every level of service control policies must allow
//	another account's resource: its policy must allow, and so must the identity side
//	the same account's: its policy may allow the caller directly, which ends it
//	        (but a user's or root's own session policy still limits them),
//	    or the caller's role, which boundary and session still limit,
//	    or the account, which leaves it to the identity side
//	the caller without an account (anonymous, service, provider): its policy alone
//
// Everything else is denied: a missing policy, one that could not be read, a
// policy in the wrong place, the zero Request and the zero Decision.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
//
// Where AWS is silent or of two minds, it is decided so: a key with no values is
// absent; several values under an operator without ForAnyValue or ForAllValues do
// not hold; what cannot be read as its operator wants equals nothing, so that a
// negated operator holds; a NotResource whose variable has no value denies but
// does not allow; and * in the resource of a request is a letter.
//
// A decision must not cost what a request does, so most patterns never look at
// the text: a screen compares four words of its outline first. Statements share
// the clauses that they have alike, and facts keep what was asked once. All of
// it is beside the meaning, which the reference in the tests has without it.
//
// The files:
//
//	policy                    Policy, Parse and what can be asked of one
//	kind reader document      JSON text -> a document of sound shape
//	validate validateresource malformed   its faults, in AWS's order and words
//	compile                   the document -> statements; where one meets a request
//	action arn principal condition operator   the clauses
//	pattern screen            wildcards and variables, and the short way past them
//	address date number       what conditions compare
//	evaluate decision         Evaluate: the layers, and what they come to
//	facts context             what is known of a request
//	exceptions                what single services do otherwise
//	trace denial              Explain, and AWS's sentence for a refusal
//	lint lintallow lintcondition print   for the authors of policies
package policy
