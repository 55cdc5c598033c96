"""Words that the search for known names needs. Lower case, without accents, as folded text is."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Not those that are also names, as Don and Pan are.
HONORIFICS = _words("""
    mr mrs ms miss mx dr prof madam herr frau fraulein monsieur madame mademoiselle mme mlle senor senora sr sra srta
    pani signor signora dott mevrouw meneer bayan dipl
""")
SUFFIXES = _words("jr sr ii iii iv phd mba esq cpa bsc msc")

PARTICLES = _words("""
    de del della di da do dos das du des la le les el al bin ibn bint ben van von der den ter ten zu zum zur y e
    af av san santa st abu
""")

# A record's "name" is often a role. These never stand for a person by themselves.
ROLES = _words("""
    support team customer service user users test admin administrator unknown guest client sales info none null
    na anonymous billing contact office help desk helpdesk agent account accounts company group department
    system bot noreply no reply marketing hr it finance person people owner manager member demo example name
    email phone lead leads prospect caller visitor operator integration platform automated automation process security
    api sample default queue
""")

# First and last names that are also words of the languages our texts are in. Alone, they are taken for a name only
# where a name would stand. Written for this project.
COMMON_WORDS = _words("""
    will mark bill may grace hope faith joy rose lily daisy ivy iris violet olive hazel ruby pearl amber jade
    crystal opal gem penny dolly angel dawn eve april june august summer autumn winter sky star rain heather
    fern holly ginger pepper basil sage bay pat art frank rich grant chase hunter dean earl duke
    prince king major guy ray rob sue carry barb chip buck rusty sandy dusty
    stormy rocky cliff dale glen heath lane brook brooks rivers reed forest woody stone rock clay flint jasper
    miles ace max gene gale wade norm lance pierce skip trip dick robin
    wren colt bud destiny harmony melody charity mercy patience prudence constance justice honor trinity genesis
    nova dream precious royal noble ernest curt case tuck mason cooper archer
    baker porter potter paris london chelsea sydney florence georgia virginia carolina austin
    dallas houston denver boston brooklyn madison jordan israel chad china india asia kenya ireland france
    holland england lee long short young old day knight page book price cost banks cash sterling bond silver
    gold brown white black green gray grey blue scarlet swift sharp strong small little large moore more best
    good goodman love darling dear sweet blessing luck lucky gay bright fair fine cook fish bass salmon pike
    trout crane drake finch fox wolf lamb bull bear lion hart hawk eagle swan bird nightingale field
    fields hill hills wood woods marsh moss meadow park parks garden gardener gates gate bridge bridges church
    chapel temple bishop pope abbott monk priest parsons deacon cannon battle war wars spear shield steel irons
    farmer miller smith tailor weaver fuller walker turner fisher shepherd butler clerk judge marshall sheriff
    constable ward warden singer player speaker reader winner wise moody hardy savage wild free freed friend
    power powers might mighty mayo rice bean berry cherry apple plum lemon curry salt sugar bacon ham burger
    coffee beer wine waters water pool poole lake ford rush rapid wells weeks month march friday monday sunday
    noon night morrow early late newman oldman house home hall halls rooms room hood cross stamp post mills mill
    hook nail key keys lock locke bolt chain wheeler carr train ship boat sales driver rider law lawless bank
    means minor main low high head foot hand hands arm legg beard heart blood bone bones body self root roots
    branch leaf bush flower flowers thorn snow frost winters summers storm breeze sun moon starr west east north
    south close open fast speed quick holder keeper stark spring street way wall walls board plank block brick
    stack still person english french german welsh scott worth penn sherman frye tripp hull rudd an so do to ho
    la he koch klein gross lang kurz jung alt neu neumann weiss schwarz braun roth grun blau fuchs vogel hahn
    berg stein baum wald feld bach busch stern sommer herbst sonntag montag freitag kaiser konig graf richter
    bauer fischer schneider schuster schmied zimmermann kaufmann hoffmann engel teufel gott himmel heil ernst
    frei sauer suss krug topf pfeiffer vogt keller kuhn lange petit grand leblanc lenoir roy leroy blanc
    noir rouge bon belle dupont marchand boulanger mai avril cruz flores rios campos torres reyes leon
    luz paz sol mar cielo rosa blanco rubio moreno delgado bravo iglesias fuentes vega costa rocha silva pinto
    leal neves serra marino bianchi rossi conti russo
    ally anders biddy cat chuck deb don dot drew fer herb kit kitty lies ton memo nacho paddy patty poncho rod sly ola
    can mine dan allen her she you see else even per are any than man made ask tell say down ever has sent gone
    nur bis dir mir car mes mai moi non bien les des lui mais con nada hay han mas sin los las del era sea noi chi
    sei dei dal tra ora loro sia nova sim nao dia ele ons dag kan wil wel dat ale tak ona ten jak pan sen biz ama bir
    var
""")
