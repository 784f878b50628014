package userpool

// What clients see of sign-ins that the pool's functions lead, and of its custom senders.
const (
	textNoCustomAuth  = "Custom auth lambda trigger is not configured for the user pool."
	textAnswerMissing = "Missing required parameter ANSWER"
	textAnswerTooLong = "ANSWER is too long."
	textBadFirst      = "CHALLENGE_NAME of CUSTOM_AUTH can only be SRP_A."
)

const (
	textSenderKey       = "KMSKeyID is required with CustomEmailSender and CustomSMSSender."
	textBadKMSKey       = "KMSKeyID must be the ARN of a KMS key."
	textKMSKeyElsewhere = "KMSKeyID must be a key in the region of the user pool."
	textKMSKeyForeign   = "KMSKeyID must be a key of this account."
)

func textSenderVersion(sender string) string {
	return sender + " needs a LambdaArn and the LambdaVersion V1_0."
}
