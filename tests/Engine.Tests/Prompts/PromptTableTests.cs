using System.Text.Json;
using System.Text.Json.Serialization;
using Herd.Engine.Prompts;
using Herd.Testing;
using Xunit;

namespace Herd.Engine.Tests.Prompts;

/// <summary>Runs over the decision table <c>tests/golden-herd/prompts.json</c>: every row in every template.</summary>
public sealed class PromptTableTests
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter<ChatRole>() },
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    private static readonly Table Rows =
        JsonSerializer.Deserialize<Table>(File.ReadAllBytes(Path.Combine(RepositoryFiles.Root, "tests", "golden-herd", "prompts.json")), Json)!;

    public static TheoryData<string, string> Rendered => Each(Rows.Rendered.Select(row => row.Name));

    public static TheoryData<string, string> Refused => Each(Rows.Refused.Select(row => row.Name));

    public static TheoryData<string, string> Answers => Each(Rows.Answers.Select(row => row.Name));

    [Theory]
    [MemberData(nameof(Rendered))]
    public void Render_gives_the_text_of_the_table(string name, string template)
    {
        var row = Rows.Rendered.Single(row => row.Name == name);

        Assert.Equal(row.Prompts[template], PromptTemplate.Get(template).Render(row.Messages, row.Input));
    }

    [Theory]
    [MemberData(nameof(Rendered))]
    public void Opening_answers_and_continuations_join_to_the_text_of_the_table(string name, string template)
    {
        var row = Rows.Rendered.Single(row => row.Name == name);
        var form = PromptTemplate.Get(template);
        var system = Joined(row.Messages, ChatRole.System).SingleOrDefault();
        var users = Joined(row.Messages, ChatRole.User);
        var answers = Joined(row.Messages, ChatRole.Assistant);
        string? Input(int turn) => turn == users.Length - 1 ? row.Input : null;

        var text = form.RenderOpening(system, users[0], Input(0));
        for (var turn = 1; turn < users.Length; turn++)
        {
            text += form.JoinAnswer(answers[turn - 1]) + form.RenderContinuation(users[turn], Input(turn));
        }

        Assert.Equal(row.Prompts[template], text);
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Render_refuses_messages_out_of_order(string name, string template)
    {
        var messages = Rows.Refused.Single(row => row.Name == name).Messages;

        var e = Assert.Throws<EngineException>(() => PromptTemplate.Get(template).Render(messages));

        Assert.Equal(EngineErrorCode.InvalidRequest, e.Code);
    }

    [Theory]
    [MemberData(nameof(Answers))]
    public void CleanAnswer_gives_the_text_of_the_table(string name, string template)
    {
        var row = Rows.Answers.Single(row => row.Name == name);

        Assert.Equal(row.Clean[template], PromptTemplate.Get(template).CleanAnswer(row.Answer));
    }

    private static TheoryData<string, string> Each(IEnumerable<string> names)
    {
        var data = new TheoryData<string, string>();
        foreach (var name in names)
        {
            foreach (var template in PromptTemplate.All)
            {
                data.Add(name, template.Name);
            }
        }

        return data;
    }

    /// <summary>The texts of one role, neighbours joined by a blank line.</summary>
    private static string[] Joined(ChatMessage[] messages, ChatRole role)
    {
        var texts = new List<string>();
        for (var i = 0; i < messages.Length; i++)
        {
            if (messages[i].Role != role)
            {
                continue;
            }

            if (i > 0 && messages[i - 1].Role == role)
            {
                texts[^1] += "\n\n" + messages[i].Text;
            }
            else
            {
                texts.Add(messages[i].Text);
            }
        }

        return [.. texts];
    }

    private sealed record Table(RenderedRow[] Rendered, RefusedRow[] Refused, AnswerRow[] Answers);

    private sealed record RenderedRow(string Name, ChatMessage[] Messages, Dictionary<string, string> Prompts, string? Input = null);

    private sealed record RefusedRow(string Name, ChatMessage[] Messages);

    private sealed record AnswerRow(string Name, string Answer, Dictionary<string, string> Clean);
}
