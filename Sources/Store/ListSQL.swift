import Catalog
import Synchronization

/// The form of a list's query: everything but its values. Lists of one form share their statements.
struct ListShape: Hashable {
    /// Where the resources are.
    enum Place {
        /// In a place of a branch.
        case branch
        /// One of each project of the tenant, which has the project's id.
        case tenant
        /// At the top of all projects of the tenant.
        case everywhere
    }

    let place: Place
    /// Whether they live outside branches, where links are of another table.
    let isOutside: Bool
    let sort: ListQuery.Sort
    let order: ListQuery.Order
    /// Whether all that are wanted have a name.
    let isNamed: Bool
    let isSearched: Bool
    let refers: Bool
    /// Whether what others have alone is left out.
    let isOwned: Bool
    /// Whether only what is in projects of an account is wanted.
    let isOfMember: Bool
    /// For each demand on a member whether it is on a link; else it is on a facet.
    let areLinks: [Bool]

    init(_ query: ListQuery, _ place: Place, in branch: BranchKey) {
        self.place = place
        isOutside = branch.branch == BranchKey.unversioned
        sort = query.sort
        order = query.order
        isNamed = query.isNamed && place == .branch
        isSearched = query.search != nil
        refers = query.referringTo != nil && place == .branch
        isOwned = query.owned != nil && place == .branch
        isOfMember = query.visibleTo != nil && place != .branch
        areLinks = place == .tenant ? [] : query.filters.map { $0.target != nil && place == .branch }
    }

    /// Whether all resources of the kind in the place are wanted, so that their number is known.
    var isWhole: Bool { !isSearched && !refers && !isOwned && !isOfMember && areLinks.isEmpty }
}

/// The statements of lists, made once for each form. There are not many forms: members are declared, and bounded.
enum ListSQL {
    struct Statements: Sendable {
        let count: Statement
        /// A page, counted from the beginning of the order.
        let page: Statement
        /// The same page, counted from the end: half of a long list is never walked through.
        let pageFromEnd: Statement
    }

    private static let made = Mutex<[ListShape: Statements]>([:])

    static func statements(_ shape: ListShape) -> Statements {
        made.withLock { made in
            if let statements = made[shape] { return statements }
            let statements = make(shape)
            made[shape] = statements
            return statements
        }
    }

    /// The values of everything but limit and offset.
    static func values(_ query: ListQuery, _ branch: BranchKey, _ place: ListShape.Place) -> [SQLValue] {
        let search: [SQLValue] = query.search.map { [.text($0)] } ?? []
        var values = [.text(branch.tenant), .text(query.kind), .text(branch.branch)] + search
        if place == .branch {
            values = branch.values + [.text(query.kind), .text(query.parent)] + search
            if let owned = query.owned { values += [.text(owned.member), .text(owned.value)] }
            values += query.referringTo?.values ?? []
        } else if let account = query.visibleTo {
            values.append(.text(account))
        }
        if place == .tenant { return values }
        for filter in query.filters {
            if let target = filter.target, place == .branch {
                values += [.text(filter.member)] + target.values
            } else {
                values += [.text(filter.member), .text(filter.value)]
            }
        }
        return values
    }

    private static func make(_ shape: ListShape) -> Statements {
        let (conditions, next) = conditions(shape)
        let order = self.order(shape.sort, shape.order)
        let backwards = self.order(shape.sort, shape.order == .ascending ? .descending : .ascending)
        func page(_ inner: String) -> Statement {
            // The ids are found in an index alone; documents are read only of those that are shown.
            let found = """
                SELECT id FROM resource WHERE \(conditions) ORDER BY \(inner) LIMIT $\(next) OFFSET $\(next + 1)
                """
            guard shape.place != .everywhere else {
                return Statement(
                    """
                    SELECT \(SQL.columns) FROM resource WHERE \(conditions)
                    ORDER BY \(inner) LIMIT $\(next) OFFSET $\(next + 1)
                    """)
            }
            let chosen =
                shape.place == .branch
                ? "\(inPlace) AND id IN (\(found))"
                : "tenant = $1 AND kind = $2 AND branch = $3 AND parent = '' AND id = project AND project IN (\(found))"
            return Statement("SELECT \(SQL.columns) FROM resource WHERE \(chosen) ORDER BY \(order)")
        }
        return Statements(
            count: Statement("SELECT count(*) FROM resource WHERE \(conditions)"), page: page(order),
            pageFromEnd: page(backwards))
    }

    private static let inPlace = "\(SQL.inBranch) AND kind = $4 AND parent = $5"

    private static func conditions(_ shape: ListShape) -> (text: String, next: Int) {
        var conditions = [shape.place == .branch ? inPlace : "tenant = $1 AND kind = $2 AND branch = $3"]
        var next = shape.place == .branch ? 6 : 4
        func take() -> String {
            defer { next += 1 }
            return "$\(next)"
        }
        // What is true of all rows chooses the index that has them in order.
        switch shape.sort {
        case .createdAt: conditions.append("created_at >= 0")
        case .updatedAt where shape.isNamed: conditions.append("updated_at >= 0 AND name > ''")
        case .name where shape.isNamed: conditions.append("name > ''")
        case .updatedAt, .name, .id: break
        }
        if shape.isSearched {
            let text = take()
            conditions.append("({find}(search, \(text)) > 0 OR {find}(lower(id), \(text)) > 0)")
        }
        if shape.isOwned {
            let others = "\(inPlace) AND member = \(take()) AND value <> \(take())"
            conditions.append("id NOT IN (SELECT id FROM facet WHERE \(others))")
        }
        if shape.isOfMember {
            // What is in a project is for those who use it.
            let role = shape.place == .everywhere ? " AND role <> 'project_viewer'" : ""
            let own = "SELECT project FROM project_member WHERE tenant = $1 AND account = \(take())\(role)"
            conditions.append("project IN (\(own))")
        }
        let links = shape.isOutside ? "outside_link" : "link"
        let from = "\(SQL.inBranch) AND from_kind = $4 AND from_parent = $5"
        if shape.refers {
            let target = "to_kind = \(take()) AND to_parent = \(take()) AND to_id = \(take())"
            conditions.append("id IN (SELECT from_id FROM \(links) WHERE \(from) AND \(target))")
        }
        for isLink in shape.areLinks {
            let member = take()
            if isLink {
                let target = "to_kind = \(take()) AND to_parent = \(take()) AND to_id = \(take())"
                conditions.append(
                    "id IN (SELECT from_id FROM \(links) WHERE \(from) AND role = \(member) AND \(target))")
            } else if shape.place == .everywhere {
                conditions.append(
                    """
                    EXISTS (
                        SELECT 1 FROM facet WHERE facet.tenant = $1 AND facet.kind = $2 AND facet.branch = $3
                            AND facet.project = resource.project AND facet.parent = resource.parent
                            AND facet.id = resource.id AND member = \(member) AND value = \(take()))
                    """)
            } else {
                conditions.append(
                    "id IN (SELECT id FROM facet WHERE \(inPlace) AND member = \(member) AND value = \(take()))")
            }
        }
        return (conditions.joined(separator: " AND "), next)
    }

    /// One order is the other backwards, and both are those of the indexes.
    private static func order(_ sort: ListQuery.Sort, _ order: ListQuery.Order) -> String {
        switch (sort, order) {
        case (.createdAt, .descending): "created_at DESC, id"
        case (.createdAt, .ascending): "created_at, id DESC"
        case (.updatedAt, .descending): "updated_at DESC, id"
        case (.updatedAt, .ascending): "updated_at, id DESC"
        case (.name, .ascending): "name, id"
        case (.name, .descending): "name DESC, id DESC"
        case (.id, .ascending): "id"
        case (.id, .descending): "id DESC"
        }
    }
}
