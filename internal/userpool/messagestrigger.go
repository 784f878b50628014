package userpool

// What clients see of triggers, but for what a function itself says.
const (
	textLongMetadata        = "ClientMetadata may have 131072 bytes."
	textTokenTriggers       = "PreTokenGeneration and PreTokenGenerationConfig must name the same function."
	textTokenTriggerVersion = "LambdaVersion of PreTokenGenerationConfig must be V1_0, V2_0 or V3_0."
	textTokenTriggerTier    = "PreTokenGenerationConfig V2_0 and V3_0 are not available in the LITE tier."
)

func textBadFunction(trigger string) string {
	return trigger + " of LambdaConfig must be the ARN of a Lambda function."
}

func textFunctionElsewhere(trigger string) string {
	return trigger + " of LambdaConfig must be a function in the region of the user pool."
}

func textFunctionForeign(trigger string) string {
	return trigger + " of LambdaConfig must be a function of this account."
}
