// Package courier brings what lies in the outbox to people: mails to an SMTP
// server, texts to a webhook.
//
//	outbox.Claim (a lease: one node has it) -> in time? -> Way.Send -> outbox.Close, Delivered
//	                                             |            |
//	                                             |            +-- may work later -> outbox.Again, backoff with jitter
//	                                             |            +-- never will ----> outbox.Close, Failed
//	                                             +-- over ---------------------> outbox.Close, Expired
//
// A message is sent at least once, and in the normal case once: twice only where
// a node dies, or its connection does, between the other side's taking it and the
// answer. Its id is the same each time, as Message-ID and as Idempotency-Key.
//
// Addresses and names are what people typed. None becomes a header line, a second
// recipient or markup (letter.go), and the log tells neither address nor text: a
// message is known there by its id, a failure by its kind and its status.
//
//	courier.go   who sends when, and what comes after
//	letter.go    a message as a mail: headers, HTML, its text alternative
//	plain.go     HTML as plain text
//	smtp.go      the way to a mail server
//	webhook.go   the way to whoever sends texts
//	settings.go  what an operator writes
package courier
