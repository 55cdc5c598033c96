"""What people with one first name are called instead: Robert is Bob, Josef is Sepp, Francisco is Paco.

Each line is one group, any of which a text may use for any other. Folded, as texts are. Written for this project from
common knowledge of the languages our texts are in; a group holds what somebody of that name would answer to.
"""

from __future__ import annotations

from functools import cache

_GROUPS = """
    abigail abby abbie gail; adam ad; agnes aggie nessa; albert al bert bertie; alexander alex alec sandy xander
    sasha sascha alejandro alessandro sandro; alexandra alex sandra sasha lexi alexa; alfred alf alfie fred; alice
    ali; allison alison ally; amanda mandy; andrew andy drew; anthony tony; antonio tony toni tonio nino; anton
    toni; arthur art artie; barbara barb barbie babs basia; benjamin ben benny benji; bernard bernie; bernhard
    bernd; bradley brad; bridget biddy bridie; calvin cal; carolyn carol caro; caroline caro carrie lina; catherine
    katherine kathryn cathy kathy kate katie katy kitty cat kat; charles charlie chuck chas chaz carlos carlo carl
    karl; charlotte charlie lottie lotte; christina christine chris chrissy tina christa kirsten; christopher chris
    kit topher christoph christophe; clarence clancy; clifford cliff; cynthia cindy; daniel dan danny dani; daniela
    dani; david dave davy davey; deborah debra deb debbie; dennis denny; dominic dom nick; donald don donnie;
    dorothy dot dottie dolly; douglas doug; edward ed eddie ted teddy ned eduardo; edmund ed ned; edwin ed; eleanor
    ellie nell nora lenore; elizabeth liz lizzie beth betty eliza libby lisa elisabeth elsa lisbeth; emily em emmy;
    emmanuel manny manuel manu manolo; eugene gene; evelyn evie; ezekiel zeke; florence flo flossie; frances fran
    franny; francis frank fran; franklin frank; frederick fred freddie freddy rick; gabriel gabe; gabriela gabriella
    gabi gaby; geoffrey jeffrey geoff jeff; george georgie; gerald gerard jerry gerry; gilbert gil; gregory greg;
    gwendolyn gwen; harold harry hal; henry hank harry hal; herbert herb; howard howie; isabella isabel isabelle
    bella izzy; isaac ike; jacob jake; jacqueline jackie; james jim jimmy jamie; janet jan; jason jay; jennifer jen
    jenny; jessica jess jessie; john johnny jack jon; johannes hannes hans jan; jonathan jon johnny nathan; joseph
    joe joey jo; josephine jo josie; joshua josh; judith judy; julia julie jules; katharina kathi katja kaethe;
    kenneth ken kenny; kimberly kim; lawrence laurence larry laurie; leonard leo len lenny; leonardo leo; leslie
    les; lewis louis lou louie; lillian lily lil; louise lou; lucas luke lukas luc; lucille lucy; madeleine madeline
    maddie; magdalena lena magda maggie; margaret maggie meg peggy marge margie greta daisy rita; maria mary mia
    marie; martha marty mattie; martin marty; matthew matt matty; matthias matthew hias matze; maximilian max maxi;
    maxwell max; melanie mel; melissa mel missy; michael mike mick mickey mikey michi miguel micha; michelle shelly;
    mitchell mitch; mohammed mohamed muhammad mo; nancy nan; natalia natasha nata; natalie nat; nathaniel nathan
    nate nat; nicholas nick nicky nico nicolas klaus niklas; nicole nicky nikki; oliver ollie olli; olivia liv
    livvy; oscar ozzie; pamela pam; patricia pat patty tricia trish patti; patrick pat paddy rick; penelope penny;
    peter pete petey; philip phillip phil; phyllis phyl; rachel rae; raymond ray; rebecca becky becca; reginald reg
    reggie; richard rick rich dick ricky richie; robert bob bobby rob robbie bert; roberta bobbie; roderick rod;
    rodney rod; roger rodge; ronald ron ronnie; rosemary rose rosie; russell russ; samantha sam; samuel sam sammy;
    sarah sara sally sadie; sebastian seb basti; sharon shari; sidney sid; solomon sol; sophia sophie; stanley stan;
    stephanie steph steffi; stephen steven steve stevie stefan; stuart stu; susan suzanne susanna sue suzy susie;
    sylvester sly; terence terry; teresa theresa terry tess tessa resi; theodore theo ted teddy; thomas tom tommy;
    timothy tim timmy; tobias tobi toby; valerie val; vanessa nessa; veronica ronnie vroni; victor vic; victoria
    vicky vicki tori; vincent vince vinny; virginia ginny; walter walt wally; wesley wes; wilhelmina minnie mina
    willa; william will bill billy willie liam; winifred winnie; zachary zach zack; andreas andi andy; angelika
    geli; brigitte gitti; dietrich dieter; elfriede friedl; eberhard hardy; ferdinand ferdi; friedrich fritz fred;
    georg schorsch; gerhard gerd hardy; gertrud trude gerti; gottfried friedl; guenther gunter; heinrich heinz
    heiner heini henrik; helene leni lena; hildegard hilde; ignaz naz; ingeborg inge; jakob jockel jacob; josef sepp
    sepperl beppo peppi jupp; josefine josefa pepi; juergen jurgen; karl kalle; ludwig lutz wiggerl; manfred manni
    fredi; margarete gretel grete gretchen margit; nikolaus klaus niko; reinhard reini; rudolf rudi rolf; siegfried
    sigi; theodor theo; ulrich uli ulli; ursula uschi ulla; waltraud traudl; wilhelm willi willy helmut; wolfgang
    wolfi wolf; alfonso poncho fonso; concepcion concha conchita; consuelo chelo; dolores lola loli; enrique quique
    kike; federico fede; fernando nando fer; francisco paco pancho fran curro kiko; francisca paca paqui; gonzalo
    gonza; graciela chela; guadalupe lupe lupita; guillermo memo guille; gustavo gus tavo; ignacio nacho; jesus chuy
    chus; jose pepe; joaquin quino ximo; josefa pepa; lourdes lulu; luis lucho; mercedes merche; montserrat montse;
    pilar pili; rafael rafa; ricardo richi rica; roberto beto rober; rosario charo; santiago santi yago; vicente
    chente; alberto beto tito; giovanni gianni vanni nino; giuseppe beppe peppe pino peppino; luigi gigi gino;
    francesco franco cecco checco; francesca franca; domenico mimmo; salvatore toto turi; vincenzo enzo; lorenzo
    renzo; giacomo mino; raffaele lello; antonella nella; michele miche; filippo pippo; pietro piero; antoine toine;
    bertrand bert; catherine cathy; dominique dom; emmanuelle manu; frederic fred; guillaume guigui; jacques
    jacquot; jean jeannot; laurent lolo; nathalie nath; philippe phil; pierre pierrot; sebastien seb; stephane
    steph; veronique vero; gerard gege; marguerite margot; antonio toninho; eduardo edu dudu; fernando nando;
    francisco chico; joao joaozinho; jose ze zezinho; luis lula luisinho; manuel manel; roberto beto; aparecida
    cida; gabriela gabi; conceicao sao; aleksander olek; aleksandra ola; agnieszka aga; andrzej jedrek; anna ania
    anka hania; barbara basia; elzbieta ela; ewa ewka; grzegorz grzesiek; jan janek jasiek; jerzy jurek; joanna
    asia; jozef jozek; katarzyna kasia; krzysztof krzysiek krzychu; malgorzata gosia malgosia; magdalena magda;
    maciej maciek; marcin marcinek; maria marysia; michal michas; pawel pawelek; piotr piotrek; ryszard rysiek;
    stanislaw staszek stas; tadeusz tadek; tomasz tomek; wojciech wojtek; zbigniew zbyszek; zofia zosia; jakub kuba;
    bartlomiej bartek; dorota dorotka; dariusz darek; slawomir slawek; josef pepa; frantisek franta; jaroslav jarda;
    jiri jirka; karel kaja; miroslav mirek; vaclav vasek; vladimir vlada; zdenek zdenda; katerina katka; zuzana
    zuzka; jana janka; ludmila lida; stanislav standa; tomas tomasek; michal misa; johannes jan hans joop; cornelis
    kees cor; hendrik henk rik; jacobus jaap koos; gerardus gerard gerrit; petrus piet; wilhelmus wim willem;
    adrianus ad arie; antonius ton toon; catharina trijntje toos; elisabeth els lies; maria riet mieke; lars lasse;
    anders andy; kristian chris; margrethe grete; nils niels; mehmet memo; ibrahim ibo; mustafa musti; suleyman
    sulo; huseyin huso; aleksandr sasha; aleksei alyosha lyosha; dmitri dima mitya; yekaterina katya; ivan vanya;
    mikhail misha; nikolai kolya; sergei seryozha; tatiana tanya; vladimir volodya vova; yevgeni zhenya
"""


@cache
def _by_name() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for group in _GROUPS.split(";"):
        names = group.split()
        formal, short = names[0], names[1:]
        found.setdefault(formal, set()).update(short)
        for name in short:
            found.setdefault(name, set()).add(formal)
    return {name: frozenset(others - {name}) for name, others in found.items()}


def called(name: str) -> frozenset[str]:
    """Give what somebody of the first name `name` (folded, lower case) may be called: short forms, or the long one."""
    return _by_name().get(name, frozenset())
