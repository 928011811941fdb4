// Han names in simplified characters with their Pinyin (GB/T 28039).
// Generated names are unique; namesakes are written down in `known.mjs` on purpose.

const SURNAMES = `
王Wang72 李Li70 张Zhang66 刘Liu62 陈Chen36 杨Yang32 赵Zhao40 黄Huang18 周Zhou18 吴Wu18 徐Xu20 孙Sun34
马Ma20 朱Zhu14 胡Hu12 郭Guo16 何He10 林Lin12 高Gao22 罗Luo8 郑Zheng12 梁Liang9 谢Xie8 宋Song18 唐Tang9
许Xu9 邓Deng6 韩Han18 冯Feng12 曹Cao12 彭Peng6 曾Zeng5 肖Xiao8 田Tian11 董Dong13 潘Pan6 袁Yuan8 蔡Cai7
蒋Jiang7 余Yu5 于Yu20 杜Du10 叶Ye5 程Cheng7 魏Wei12 苏Su7 吕Lyu12 丁Ding10 任Ren8 卢Lu6 姚Yao7 沈Shen6
钟Zhong4 姜Jiang14 崔Cui12 谭Tan4 陆Lu5 范Fan7 汪Wang5 廖Liao3 石Shi8 金Jin12 贾Jia8 夏Xia6 付Fu6 方Fang6
邹Zou4 熊Xiong3 白Bai8 孟Meng7 秦Qin7 邱Qiu5 侯Hou6 江Jiang5 尹Yin5 薛Xue5 闫Yan5 段Duan4 雷Lei4 龙Long3
史Shi5 陶Tao5 贺He4 毛Mao3 郝Hao5 顾Gu4 龚Gong2 邵Shao4 万Wan3 覃Qin1 武Wu4 钱Qian3 戴Dai4 严Yan3 孔Kong4
关Guan6 佟Tong4 那Na3 佘She1 单Shan3 解Xie2 仇Qiu1 查Zha1 赫He1 滕Teng2 曲Qu4 丛Cong3 鞠Ju2 逄Pang1
欧阳Ouyang2 司马Sima1 诸葛Zhuge1 上官Shangguan1 尉迟Yuchi1 皇甫Huangfu1 慕容Murong1`;

const MALE = {
  first: `建jian 志zhi 文wen 国guo 永yong 海hai 宏hong 立li 俊jun 振zhen 明ming 晓xiao 光guang 德de 玉yu 家jia 世shi
春chun 成cheng 庆qing 兴xing 学xue 思si 子zi 泽ze 承cheng 景jing 博bo 浩hao 宇yu 继ji 连lian 殿dian 福fu 忠zhong
万wan 启qi 维wei 绍shao 士shi 佳jia 天tian 云yun 东dong 铁tie`,
  second: `强qiang 军jun 伟wei 明ming 辉hui 峰feng 波bo 涛tao 东dong 平ping 华hua 林lin 山shan 民min 斌bin 杰jie 鹏peng
飞fei 龙long 生sheng 才cai 利li 义yi 达da 新xin 勇yong 刚gang 宁ning 昌chang 洋yang 远yuan 辰chen 轩xuan 安an 恩en
奎kui 岩yan 野ye 彪biao 亮liang 阳yang 毅yi 凯kai 臣chen 滨bin`,
  single: `伟wei 军jun 勇yong 涛tao 磊lei 超chao 鹏peng 刚gang 杰jie 斌bin 波bo 峰feng 旭xu 岩yan 亮liang 野ye 巍wei 铮zheng
昊hao 屹yi`,
};
const FEMALE = {
  first: `丽li 晓xiao 雅ya 静jing 雪xue 秀xiu 玉yu 春chun 海hai 慧hui 淑shu 桂gui 美mei 思si 佳jia 雨yu 梦meng 婉wan
欣xin 诗shi 红hong 艳yan 凤feng 亚ya 立li 文wen 冬dong 筱xiao 若ruo 乃nai`,
  second: `娟juan 敏min 华hua 芳fang 红hong 霞xia 梅mei 玲ling 燕yan 英ying 萍ping 云yun 兰lan 洁jie 琳lin 莹ying 怡yi
颖ying 婷ting 琪qi 涵han 宁ning 文wen 瑶yao 艳yan 馨xin 娜na 薇wei 爱ai 娥e`,
  single: `静jing 丽li 敏min 艳yan 娜na 芳fang 颖ying 洁jie 琳lin 雪xue 琼qiong 婧jing 妍yan 玥yue 楠nan 晶jing 丹dan`,
};

// Well-known people of public life; their names also come in the characters of Hong Kong and Taiwan.
/** Names that no invented guest may bear. */
export const PUBLIC = new Set(`李强 李克强 李克明 王毅 李希 蔡奇 韩正 郝鹏 李成 马云 马明 王立军 王健林 刘强东 王丽萍 郭广昌 王国强 夏德仁 陈海波
王岩 王健 唐一军 张国清 刘宁 李乐成 陈求发 王珉 许家印 刘欢 那英 姜文 孙海英 潘石屹 王石 张朝阳 李宁 郭明义 雷锋 朱婷 李雪 郎平 丁俊晖
李娜 刘洋 王宁 周波 周永康 王文涛 王东明 李书福 任正非 张一鸣 王传福 雷军 马化腾 李彦宏 张瑞敏 董明珠 曹德旺 胡锦涛 温家宝 江泽民 王沪宁
李鹏 贾庆林 刘云山 王勇 王丹 刘霞 陈云 林俊傑 刘德华 杨颖 刘涛 黄磊 张杰 谢娜 杨丽萍 周涛 王楠 李晓霞 朱雨玲 林丹 孙继海 陈晓 劉德華 張學友 蔡英文 陳志明`
  .split(/\s+/));

const parse = (text) =>
  [...text.matchAll(/(\p{Script=Han}+)([A-Za-z]+)(\d*)/gu)].map(([, zh, latin, weight]) => ({ zh, latin, weight: Number(weight) }));
const tables = (kind) => Object.fromEntries(Object.entries(kind).map(([part, text]) => [part, parse(text)]));
const surnames = parse(SURNAMES);
const given = { male: tables(MALE), female: tables(FEMALE) };

const capital = (word) => word[0].toUpperCase() + word.slice(1);

/** Joins the syllables of a given name: Jianguo, Xi'an (the apostrophe of GB/T 28039). */
const joined = (one, two) => capital(one + (/^[aoe]/.test(two) ? "'" : '') + two);

function givenName(draw, kind) {
  if (draw.chance(0.16)) {
    const { zh, latin } = draw.pick(kind.single);
    return { zh, latin: capital(latin) };
  }
  const [one, two] = [draw.pick(kind.first), draw.pick(kind.second)];
  return one.zh === two.zh || one.latin === two.latin ? givenName(draw, kind) : { zh: one.zh + two.zh, latin: joined(one.latin, two.latin) };
}

/** Returns a name that is not taken, and takes it: `{family, given}` each in Han and Latin, and the gender it reads as. */
export function hanName(draw, taken, share = { women: 0.34 }) {
  for (;;) {
    const gender = draw.chance(share.women) ? 'female' : 'male';
    const family = draw.weighted(surnames);
    const own = givenName(draw, given[gender]);
    const whole = family.zh + own.zh;
    if (taken.has(whole)) continue;
    taken.add(whole);
    return { gender, family: { zh: family.zh, latin: family.latin }, given: own };
  }
}
