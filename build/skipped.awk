# Prints the tests that were skipped, with their reasons, from the results that 'dotnet test --logger trx' writes.

function plain(text) {
    gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&#xD;/, "", text); gsub(/&amp;/, "\\&", text)
    return text
}

/<UnitTestResult / {
    skipped = /outcome="NotExecuted"/
    name = $0; sub(/.* testName="/, "", name); sub(/".*/, "", name)
}
skipped && /<Message>/ {
    inside = 1; reason = ""
    sub(/.*<Message>/, "")
}
inside {
    ends = sub(/<\/Message>.*/, "")
    reason = reason (reason == "" ? "" : " ") $0
    if (ends) {
        inside = 0
        print "Skipped " plain(name) ": " plain(reason)
    }
}
