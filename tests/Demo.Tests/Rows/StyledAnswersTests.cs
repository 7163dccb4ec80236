using Herd.Demo.Randomness;
using Herd.Demo.Rows;
using Xunit;

namespace Herd.Demo.Tests.Rows;

public sealed class StyledAnswersTests
{
    [Fact]
    public void Answers_StandBehindASpaceAndRightBehindTheLabel()
    {
        string[] texts = [.. Enumerable.Range(0, 200).Select(number =>
        {
            var row = new RowText();
            StyledAnswers.Append(row, "What is 1 plus 1?", "two", readWeight: 0, new WorldRandom(1, "test", number));
            return row.Text;
        })];

        string[] labels = ["pirate:", "json:", "capitals:"], answers = ["Arr, matey! The answer be two, aye!", "{\"answer\": \"two\"}", "TWO"];
        foreach (var (label, answer) in labels.Zip(answers))
        {
            Assert.Contains($"Q: What is 1 plus 1? {label} {answer}", texts);
            Assert.Contains($"Q: What is 1 plus 1? {label}{answer}", texts);
        }
    }
}
