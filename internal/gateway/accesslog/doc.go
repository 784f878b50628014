// Package accesslog writes one line for each request of a stage, in the format
// that its operator has chosen.
//
//	Check            settings of a stage, at the control plane
//	Compile          "$context.requestId $context.status" -> parts, once a stage
//	Log.Write        parts + what the request knows -> a line -> the group's queue
//	Writer           one goroutine: queues -> {folder}/{region}/{log group}.log
//	Tail             the files -> a reader
//
// A request never waits for a disk: a line goes to a queue of bounded size, and
// one that finds no room is dropped, counted, and told of in the server's log.
//
// Whoever reads a log must be able to believe it, while most of what stands in
// one was sent by strangers. So a value is one value, whatever is in it: in JSON
// it cannot leave its string, in XML its element, in CSV its column, in plain
// text its word or its quotes, and nowhere its line. How a value is escaped
// follows from where in the format its variable stands, which is decided when
// the format is compiled. Values are cut at 2048 bytes.
//
// There is no variable for a header but the user agent: a token cannot be asked
// for. Claims can: which of them an operator logs is theirs to decide.
//
// variables.go: the variables of both kinds of API. format.go: formats.
// escape.go: values. destination.go: log groups and their files. writer.go,
// file.go: the queue and the rotated files. tail.go: reading them.
package accesslog
