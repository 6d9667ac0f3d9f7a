import Catalog
import Testing

@testable import Domain

/// As whom triggers run, and who may say so (manage spec §2.18).
@Suite struct RunAsTests {
    private let ann = Requester(name: "ann", rights: Rights(organization: .member, project: .admin), account: "ann")

    private func workspace(_ caller: Requester) -> Workspace {
        var workspace = Memory().workspace(BranchKey(tenant: "t", project: "p"))
        workspace.surroundings.caller = caller
        return workspace
    }

    private func trigger(by maker: String?, users: [String]) -> Trigger {
        var trigger = Trigger()
        trigger.createdBy = maker
        trigger.runAsUserIds = users
        return trigger
    }

    private func problem(_ new: Trigger, over old: Trigger?, _ caller: Requester) throws -> Problem? {
        var new = new
        do {
            try new.settleUsers(over: old, workspace(caller))
            return nil
        } catch let problem as Problem {
            return problem
        }
    }

    @Test func `administrators may let a trigger run as anybody`() throws {
        let admin = Requester(name: "root", rights: .owner)
        #expect(try problem(trigger(by: nil, users: ["bob"]), over: nil, admin) == nil)
        #expect(try problem(trigger(by: "ann", users: ["bob"]), over: trigger(by: "ann", users: []), admin) == nil)
    }

    @Test func `others may not let one run as somebody else`() throws {
        #expect(try problem(trigger(by: nil, users: ["bob"]), over: nil, ann)?.status == 403)
        #expect(try problem(trigger(by: nil, users: []), over: nil, ann) == nil)
        let mine = trigger(by: "ann", users: ["bob"])
        #expect(try problem(mine, over: mine, ann) == nil, "who is there already may stay")
        #expect(try problem(trigger(by: "ann", users: ["bob", "eve"]), over: mine, ann)?.status == 403)
    }

    @Test func `nobody is known to belong to a project yet, so only administrators name users`() throws {
        let problem = try problem(trigger(by: nil, users: ["ann"]), over: nil, ann)
        #expect(problem?.status == 400 && problem?.broken.first?.path == ["runAsUserIds"])
    }

    @Test func `others may change what they made or what runs as them alone`() throws {
        #expect(try problem(trigger(by: "bob", users: []), over: trigger(by: "bob", users: []), ann)?.status == 403)
        let asMe = trigger(by: "bob", users: ["ann"])
        #expect(try problem(asMe, over: asMe, ann) == nil)
        let asUs = trigger(by: "bob", users: ["ann", "bob"])
        #expect(try problem(asUs, over: asUs, ann)?.status == 403)
        #expect(throws: Problem.self) { try asUs.requireOwner(ann) }
        #expect(throws: Never.self) { try asMe.requireOwner(ann) }
    }

    @Test func `slow work is asked for all at once, and not again when it is done`() throws {
        var drafts = ["one", "two"].map { value in
            var header = HeaderSecret()
            header.name = "X-\(value)"
            header.value = value
            var new = TriggerAuthentication()
            new.headers = [header]
            return HeaderSecret.Draft(new: new, old: nil)
        }
        var surroundings = Surroundings()
        surroundings.slowly = SlowWork.lookUp(in: [:])
        let outstanding = #expect(throws: SlowWork.Outstanding.self) {
            try HeaderSecret.settle(&drafts, surroundings)
        }
        let works = try #require(outstanding).works
        #expect(works.count == 2)
        let results = Dictionary(uniqueKeysWithValues: works.map { ($0.identity, $0.run()) })
        surroundings.slowly = SlowWork.lookUp(in: results)
        try HeaderSecret.settle(&drafts, surroundings)
        #expect(drafts.allSatisfy { $0.new?.headers?[0].value == nil && $0.new?.headers?[0].valueHash != nil })
        #expect(drafts.map { $0.new?.headers?[0].valuePrefix } == ["", ""], "of so short a value nothing is shown")
    }

    @Test func `more slow work than one request may ask for is a 400`() throws {
        let works = (0...SlowWork.countMax).map { number in SlowWork(["w", "\(number)"]) { "" } }
        #expect(throws: Problem.self) { _ = try SlowWork.lookUp(in: [:])(works) }
    }
}
