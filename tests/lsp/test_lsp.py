"""A real client speaks to the real process: pytest-lsp, which starts `dopt lsp` and checks every message's shape."""

import asyncio
import os
import time

import pytest
import pytest_lsp
from lsprotocol import types as lsp
from pytest_lsp import ClientServerConfig, LanguageClient

DOPT = os.environ["DOPT"]
TEXT = "FROM debian:12\nRUN apt-get update && apt-get install -y curl\nRUN echo '😀' && pip install x\nUSER a\nRUN apt-get update\n"


def capabilities(encodings, versions=True):
    return lsp.ClientCapabilities(
        general=lsp.GeneralClientCapabilities(position_encodings=encodings),
        workspace=lsp.WorkspaceClientCapabilities(
            workspace_edit=lsp.WorkspaceEditClientCapabilities(document_changes=versions)
        ),
    )


UTF16 = capabilities([lsp.PositionEncodingKind.Utf16])
UTF8 = capabilities([lsp.PositionEncodingKind.Utf16, lsp.PositionEncodingKind.Utf8])
PLAIN = capabilities(None, versions=False)


@pytest_lsp.fixture(
    config=ClientServerConfig(server_command=[DOPT, "lsp", "--stdio"]),
    params=[UTF16, UTF8, PLAIN],
    ids=["utf-16", "utf-8", "without-versions"],
)
async def client(request, lsp_client: LanguageClient):
    lsp_client.offered = request.param
    result = await lsp_client.initialize_session(lsp.InitializeParams(capabilities=request.param))
    lsp_client.encoding = result.capabilities.position_encoding
    expected = lsp.PositionEncodingKind.Utf8 if request.param is UTF8 else lsp.PositionEncodingKind.Utf16
    assert lsp_client.encoding == expected
    yield
    await lsp_client.shutdown_session()


def width(client, text):
    return len(text.encode()) if client.encoding == lsp.PositionEncodingKind.Utf8 else len(text.encode("utf-16-le")) // 2


def at(client, text, line, before):
    return lsp.Position(line, width(client, text.split("\n")[line].partition(before)[0]))


def offset(client, text, position):
    lines = text.split("\n")
    line, taken, at = lines[position.line], 0, 0
    while taken < position.character:
        taken += width(client, line[at])
        at += 1
    assert taken == position.character, "inside a character"
    return sum(len(line) + 1 for line in lines[: position.line]) + at


def applied(client, text, edits):
    for edit in sorted(edits, key=lambda edit: (edit.range.start.line, edit.range.start.character), reverse=True):
        start, end = offset(client, text, edit.range.start), offset(client, text, edit.range.end)
        text = text[:start] + edit.new_text + text[end:]
    return text


def opened(client, path, text, version=1, language="dockerfile"):
    path.write_text(text)
    uri = path.as_uri()
    client.text_document_did_open(
        lsp.DidOpenTextDocumentParams(lsp.TextDocumentItem(uri=uri, language_id=language, version=version, text=text))
    )
    return uri


async def told(client, uri, version):
    """The diagnostics of a version of a text; older ones do not count."""
    for _ in range(200):
        if uri in client.versions and client.versions[uri] == version:
            return client.diagnostics[uri]
        await asyncio.sleep(0.02)
    raise AssertionError(f"nothing was said about version {version} of {uri}")


@pytest.fixture(autouse=True)
def versions(client):
    """The client keeps the diagnostics; the version that they are for is kept beside them."""
    client.versions = {}
    features = client.protocol.fm._features
    keep = features[lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS]

    def publish(params: lsp.PublishDiagnosticsParams):
        keep(params)
        client.versions[params.uri] = params.version

    features[lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS] = publish


async def actions(client, uri, start, end=None, only=None, diagnostics=()):
    found = await client.text_document_code_action_async(
        lsp.CodeActionParams(
            text_document=lsp.TextDocumentIdentifier(uri),
            range=lsp.Range(start, end or start),
            context=lsp.CodeActionContext(diagnostics=list(diagnostics), only=only),
        )
    )
    return found or []


def edits_of(client, uri, action, version):
    if client.offered is PLAIN:
        assert action.edit.document_changes is None
        return action.edit.changes[uri]
    [change] = action.edit.document_changes
    assert (change.text_document.uri, change.text_document.version) == (uri, version)
    return change.edits


@pytest.mark.asyncio
async def test_findings_are_where_the_editor_counts(client, tmp_path):
    uri = opened(client, tmp_path / "Dockerfile", TEXT)
    found = {diagnostic.code: diagnostic for diagnostic in await told(client, uri, 1)}
    assert {"clean-apt", "skip-recommends", "no-pip-cache"} <= set(found)
    pip = found["no-pip-cache"]
    assert pip.range.start == at(client, TEXT, 2, "install x")
    assert (pip.severity, pip.source) == (lsp.DiagnosticSeverity.Warning, "dopt")
    assert found["skip-recommends"].severity == lsp.DiagnosticSeverity.Information
    assert "unsafe" in found["skip-recommends"].message


@pytest.mark.asyncio
async def test_a_quick_fix_makes_one_fix_and_no_other(client, tmp_path):
    uri = opened(client, tmp_path / "Dockerfile", TEXT, version=7)
    found = {diagnostic.code: diagnostic for diagnostic in await told(client, uri, 7)}
    place = found["no-pip-cache"].range
    [action] = await actions(client, uri, place.start, place.end, only=[lsp.CodeActionKind.QuickFix])
    assert action.is_preferred and list(action.diagnostics) == [found["no-pip-cache"]]
    text = applied(client, TEXT, edits_of(client, uri, action, 7))
    assert text == TEXT.replace("pip install x", "pip install --no-cache-dir x")
    place = found["skip-recommends"].range
    offered = await actions(client, uri, place.start, place.end, only=[lsp.CodeActionKind.QuickFix])
    [unsafe] = [action for action in offered if "unsafe" in action.title]
    assert not unsafe.is_preferred
    assert "--no-install-recommends" in applied(client, TEXT, edits_of(client, uri, unsafe, 7))


@pytest.mark.asyncio
async def test_fix_all_applies_what_is_safe_and_nothing_else(client, tmp_path):
    uri = opened(client, tmp_path / "Dockerfile", TEXT)
    start = lsp.Position(0, 0)
    for only in ["source", "source.fixAll", "source.fixAll.dopt"]:
        [action] = await actions(client, uri, start, only=[only])
        assert action.kind == "source.fixAll.dopt"
        text = applied(client, TEXT, edits_of(client, uri, action, 1))
        process = await asyncio.create_subprocess_exec(
            DOPT, "fix", "-f", "full", "-q", str(tmp_path / "Dockerfile"), stdout=asyncio.subprocess.PIPE
        )
        assert text == (await process.communicate())[0].decode()
        assert "recommends" not in text
    assert await actions(client, uri, start, only=["source.fixAll.other"]) == []
    assert await actions(client, uri, start, only=["refactor"]) == []


@pytest.mark.asyncio
async def test_the_text_follows_every_key(client, tmp_path):
    uri = opened(client, tmp_path / "Dockerfile", TEXT)
    text, version = TEXT, 1

    def typed(line, before, new):
        nonlocal text, version
        version += 1
        place = at(client, text, line, before)
        text = applied(client, text, [lsp.TextEdit(lsp.Range(place, place), new)])
        client.text_document_did_change(
            lsp.DidChangeTextDocumentParams(
                lsp.VersionedTextDocumentIdentifier(uri=uri, version=version),
                [lsp.TextDocumentContentChangePartial(text=new, range=lsp.Range(place, place))],
            )
        )

    for key in "😀é ":
        typed(2, "' && pip", key)
    found = {diagnostic.code: diagnostic for diagnostic in await told(client, uri, version)}
    assert found["no-pip-cache"].range.start == at(client, text, 2, "install x")
    typed(2, "install x", "--no-cache-dir ")
    assert "no-pip-cache" not in {diagnostic.code for diagnostic in await told(client, uri, version)}
    place = lsp.Position(2, 0)
    assert await actions(client, uri, place, only=[lsp.CodeActionKind.QuickFix]) == []
    times = []
    for number in range(100):
        start = time.perf_counter()
        typed(0, "FROM", "#" if number == 0 else "x")
        await told(client, uri, version)
        times.append(time.perf_counter() - start)
    # The client looks every 20 ms.
    assert sorted(times)[50] < 0.2, times


@pytest.mark.asyncio
async def test_hovering_shows_the_page_of_the_rule_and_why_a_place_is_left_alone(client, tmp_path):
    uri = opened(client, tmp_path / "Dockerfile", TEXT)

    async def shown(line, before):
        params = lsp.HoverParams(lsp.TextDocumentIdentifier(uri), at(client, TEXT, line, before))
        found = await client.text_document_hover_async(params)
        return found and found.contents.value

    assert "# no-pip-cache" in await shown(2, "stall x")
    refused = await shown(4, "get update")
    assert "left alone" in refused and "not-root" in refused
    assert await shown(0, "debian") is None


@pytest.mark.asyncio
async def test_the_configuration_counts_and_is_read_again(client, tmp_path):
    (tmp_path / ".git").mkdir()
    config = tmp_path / "dopt.toml"
    config.write_text('ignore = ["no-pip-cache"]\n')
    uri = opened(client, tmp_path / "Dockerfile", TEXT)
    assert "no-pip-cache" not in {diagnostic.code for diagnostic in await told(client, uri, 1)}
    config.write_text('select = ["no-pip-cache"]\n')
    client.versions.clear()
    client.workspace_did_change_watched_files(
        lsp.DidChangeWatchedFilesParams([lsp.FileEvent(config.as_uri(), lsp.FileChangeType.Changed)])
    )
    assert {diagnostic.code for diagnostic in await told(client, uri, 1)} == {"no-pip-cache"}
    config.write_text("exclude = [\"Dockerfile\"]\n")
    client.versions.clear()
    client.text_document_did_save(lsp.DidSaveTextDocumentParams(lsp.TextDocumentIdentifier(uri)))
    assert not await told(client, uri, 1)
    config.write_text("selec = []\n")
    client.text_document_did_save(lsp.DidSaveTextDocumentParams(lsp.TextDocumentIdentifier(uri)))
    for _ in range(100):
        if client.messages:
            break
        await asyncio.sleep(0.02)
    assert "did you mean `select`" in client.messages[0].message


@pytest.mark.asyncio
async def test_what_is_no_dockerfile_and_what_cannot_be_built(client, tmp_path):
    other = opened(client, tmp_path / "main.py", TEXT, language="python")
    broken = opened(client, tmp_path / "x.Dockerfile", "FROM a\nRUN <<EOF\n", language="plaintext")
    [problem] = await told(client, broken, 1)
    assert (problem.severity, problem.code) == (lsp.DiagnosticSeverity.Error, "not-buildable")
    assert other not in client.versions
    assert await actions(client, other, lsp.Position(1, 5)) == []
    client.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(broken)))
    assert not await told(client, broken, None)
