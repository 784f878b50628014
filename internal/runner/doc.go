// Package runner runs functions as child processes behind the Lambda Runtime API.
//
//	Invoke ── pool ──┬─ a warm process, newest first
//	                 └─ launch: temp folder, loopback listener, sandbox, exec, wait for the first poll
//	process          GET next ──> ready ── event ──> busy ── response | error ──> answered ── GET next ...
//	ends by          idle time, Retire, Close, its time or memory limit, the caller's ctx, its own exit,
//	                 and, between events, before its credentials end
//
// A process serves one event at a time. It gets a clean environment, a temporary
// folder of its own, a time limit, a memory limit, and no view of anything else.
//
// # What keeps a function in its place
//
// On Linux the thread that starts a process first gives up, for itself and so
// for the process: every file but the system's, its own code and its own
// temporary folder (Landlock); signals to anyone outside; every capability;
// Unix sockets, io_uring, kernel keyrings and new namespaces (seccomp); and
// leaving its process group, so that killing the group ends everything the
// function started; modes, times and owners of files, limits and priority of
// other processes, System V IPC, and what else Landlock does not guard
// (filterCalls says what a function sees of that). The process dies with the server (a parent-death signal).
// It may open network connections: TCP to loopback included.
//
// A listener serves only the process group it was made for: the owner of each
// connection is looked up in /proc before a byte is read. A secret in the
// address would be weaker (clients log it, children inherit it) and several
// runtime clients accept nothing but host:port there.
//
// /proc stays readable, because Node's process.memoryUsage and others need
// /proc/self, which cannot be told from its neighbours before the process
// exists. Environments, memory and descriptors of other processes are refused
// all the same (Landlock, and Harden for the server itself); their names and
// command lines are visible, as in ps. So no secret belongs on a command line.
//
// What works on AWS and not here: /tmp is the machine's own. A private one needs
// a mount namespace, which takes privileges that this server should not have,
// or user namespaces, which many systems and containers forbid, so a function
// would work on one machine and not on the next. chmod does nothing; a file is
// made executable when it is created.
//
// What is not limited: the number of files in the temporary folder (one has at
// most 512 MB), and what a process does between events, when AWS freezes it.
// A function may also call the server as any local program may: signed calls
// need a key, but the unsigned doors of an ephemeral server are open to it.
//
// On other systems there is no sandbox and no memory limit, and any process of
// the user can reach a listener: for development only. Runner.Sandboxed says
// what holds, and Config.RequireSandbox refuses to run with less.
package runner
