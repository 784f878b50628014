// Package function is AWS Lambda: functions, their versions, aliases and
// permissions, and the way to run them.
//
//	control  CreateFunction -> checks -> role: may be passed? trusts Lambda? -> unpack (proves the zip) -> rows (zip included)
//	            store.Follow -> snapshot: functions, versions, aliases, compiled permissions
//
//	data     Invoke, InvokeAs -> snapshot -> permitted? -> version (alias weights) -> room?
//	            -> prepared once per version: code unpacked, environment opened
//	            -> runner.Invoke -> (a new process: Credentials, a session of the role) -> Result
//
// Who may do what with a function is one rule in one place, package policy. An
// AWS service is decided here, by the function's own policy (permitted.go); for
// callers with credentials that policy and the condition keys go along with the
// call (conditions.go), and the account decides by both sides. A policy of the
// function alone says nothing of its versions and aliases, which have their own.
//
// A function runs as its role (role.go). Whoever names one must be allowed to
// pass it, each time. When the role is deleted, the next event needs a new
// process; one cannot start while the role does not trust Lambda, and the event
// is refused. A process from before the trust was withdrawn, or from before older
// sessions were cut off by a policy of the role, works on until its credentials
// end, as at AWS; what that policy denies is denied to it at once.
//
// The data plane reads no database once a version is prepared. The zip lies in
// the database, so every node can run every function; each node unpacks it into
// a folder of its own under the hash of its bytes.
//
// Three limits hold for one node, not for all together: reserved concurrency,
// the queue of asynchronous events, and that queue's life: what waits in it is
// lost when the process is killed.
package function
