import Testing

@testable import Domain

@Suite struct ComponentSourceTests {
    private static let good = """
        import { Receipt } from 'lucide-react';
        import React from "react";
        import { x } from './x';
        function InvoiceCard(props) {
          return (<div className="on">{props.number}<Receipt /></div>);
        }
        """

    @Test func `the spec's example is taken`() { #expect(ComponentSource.problems(in: Self.good) == []) }

    @Test(arguments: [
        ("eval ('x')", "must not use eval"), ("window.eval('x')", "must not use eval"),
        ("new Function('x')", "must not use the Function constructor"),
        ("<a dangerouslySetInnerHTML={x}/>", "must not use dangerouslySetInnerHTML"),
        ("<SCRIPT>", "must not use a script tag"), ("<a onClick = {f}>", "must not use an inline event handler"),
        ("document.write(1)", "must not use document.write"), ("window.location = x", "must not use window.location"),
        ("a.innerHTML = x", "must not use an innerHTML assignment"),
        ("import fs from 'fs'", "must not import from fs"),
        ("import 'https://x/y.js'", "must not import from https://x/y.js"),
        ("await import('os')", "must not import from os"),
        ("require('child_process')", "must not import from child_process"),
    ])
    func `what is forbidden is named`(line: String, reason: String) {
        #expect(ComponentSource.problems(in: Self.good + "\n" + line) == [reason])
    }

    @Test func `a function and markup must be there`() {
        let problems = ComponentSource.problems(in: "const Card = () => <div/>")
        #expect(problems == ["must declare a named function", "must return JSX"])
    }
}
