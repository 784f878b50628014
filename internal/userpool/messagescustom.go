package userpool

// What clients see of sign-ins that the pool's functions lead, and of its custom senders.
const (
	textNoCustomAuth  = "Custom auth lambda trigger is not configured for the user pool."
	textAnswerMissing = "Missing required parameter ANSWER"
	textAnswerTooLong = "ANSWER is too long."
	textBadFirst      = "CHALLENGE_NAME of CUSTOM_AUTH can only be SRP_A."
)
