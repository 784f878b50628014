// Package function is AWS Lambda: functions, their versions, aliases and
// permissions, and the way to run them.
//
//	control  CreateFunction -> checks -> unpack (proves the zip) -> rows (zip included)
//	            store.Follow -> snapshot: functions, versions, aliases, compiled permissions
//
//	data     Invoke, InvokeAs -> snapshot -> permitted? -> version (alias weights) -> room?
//	            -> prepared once per version: code unpacked, environment opened
//	            -> runner.Invoke -> Result
//
// The data plane reads no database once a version is prepared. The zip lies in
// the database, so every node can run every function; each node unpacks it into
// a folder of its own under the hash of its bytes.
//
// Three limits hold for one node, not for all together: reserved concurrency,
// the queue of asynchronous events, and that queue's life: what waits in it is
// lost when the process is killed.
package function
