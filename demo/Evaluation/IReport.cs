namespace Herd.Demo.Evaluation;

/// <summary>Something measured.</summary>
public interface IReport
{
    /// <summary>The report as JSON.</summary>
    /// <returns>A JSON object.</returns>
    string ToJson();

    /// <summary>The report as a table.</summary>
    /// <returns>A heading and a table in Markdown.</returns>
    string ToMarkdown();
}
