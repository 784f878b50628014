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
//	principal ─▶ action ─▶ resource ─▶ condition (AND operators, AND keys, OR values)
//
// The layers are asked in this order, and an explicit deny in any of them ends it:
//
//	service control ─▶ resource or trust ─▶ identity ─▶ boundary ─▶ session
//
// and then, from the allows that each of them gave:
//
//	every level of service control policies must allow
//	another account's resource: its policy must allow, and so must the identity side
//	the same account's: its policy may allow the caller directly, which ends it,
//	    or the caller's role, which boundary and session still limit,
//	    or the account, which leaves it to the identity side
//
// Everything else is denied: a missing policy, one that could not be read, a
// policy in the wrong place, the zero Request and the zero Decision.
//
// See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html.
//
// A decision must not cost what a request does, so most patterns never look at
// the text: a screen compares four words of its outline first. Statements share
// the clauses that they have alike, and facts keep what was asked once. All of
// it is beside the meaning, which the reference in the tests has without it.
//
// The files: kind, reader, document, validate and malformed read; compile,
// action, pattern, screen, arn, principal, condition, operator, address, date and
// number make the evaluators; evaluate, exceptions, facts, context, decision, trace and
// denial decide; print and lint speak to people.
package policy
